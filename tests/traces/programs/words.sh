#!/bin/bash
# A shell at work: counts the words of a text, line by line, in an associative array, sorts them, and
# makes files and looks at them. No other program runs.
declare -A count
total=0 found=()
words=()

add() {
    local word=${1,,}
    word=${word//[^a-z]/}
    [ -n "$word" ] || return 0
    [ -n "${count[$word]-}" ] || words+=("$word")
    count[$word]=$((${count[$word]-0} + 1))
}

# Insertion sort of the words that occur most.
sort_most() {
    local sorted=() word i
    for word in "${words[@]}"; do
        ((${count[$word]} > 1)) || continue
        for ((i = ${#sorted[@]}; i > 0; i--)); do
            ((${count[${sorted[i - 1]}]} < ${count[$word]})) || break
            sorted[i]=${sorted[i - 1]}
        done
        sorted[i]=$word
    done
    printf '%s\n' "${sorted[@]:0:20}"
}

while read -r -a line; do
    for word in "${line[@]}"; do add "$word"; done
done <text
sort_most >most
for i in {1..60}; do
    name=file-$((i % 17))
    case $name in
    file-1*) echo "$i: $(<most)" >"$name" ;;
    *) printf '%s %05d\n' "$name" "$i" >>"$name" ;;
    esac
done
for name in file-*; do
    while IFS=' :' read -r first rest; do total=$((total + ${#first} + ${#rest})); done <"$name"
done
path=most:text:file-1
for name in ${path//:/ }; do
    while read -r line; do [[ $line =~ ([A-Za-z]+)\ of\ ([a-z]+) ]] && found+=("${BASH_REMATCH[2]}"); done <"$name"
done
total=$((total + ${#found[@]}))
echo "$total"
