" An editor at work: changes all over a text, moves and sorts lines, undoes and redoes, formats.
%s/the/THE/g
g/License/t.
g/^$/d
sort
undo
g/work/m0
%s/\v(\w+) (\w+)/\2 \1/ge
normal gg=G
normal ggVGgq
normal ggqadwjq50@a
undo
redo
vnew
read text
%j
%s/ /\r/g
sort u
wincmd w
for i in range(1, 300) | call append(line('$'), repeat('line ' . i . ' ', i % 9)) | endfor
%s/line \zs\d\+/\=submatch(0) * 2/ge
write! out
quitall!
