# A scripting language at work: an index of a text, word by word and pair by pair, its lines taken
# apart and sorted, and a table of it put together again by patterns.
use strict;
my (%index, %pairs, @lines);
open my $text, '<', 'text' or die;
while (my $line = <$text>) {
    my $before = '';
    push @lines, $line;
    for my $word (map { lc } $line =~ /[A-Za-z]+/g) {
        push @{$index{$word}}, $.;
        $pairs{"$before $word"}++ if $before;
        $before = $word;
    }
}
my @common = sort { $pairs{$b} <=> $pairs{$a} || $a cmp $b } keys %pairs;
my $table = join '', map { sprintf "%-20s %s\n", $_, join ',', @{$index{$_}} } sort keys %index;
for my $pair (@common[0 .. 99]) {
    my ($first, $second) = split ' ', $pair;
    my %seen = map { $_ => 1 } @{$index{$first}};
    my @both = grep { $seen{$_} } @{$index{$second}};
    my @excerpts = map { (my $l = $lines[$_ - 1]) =~ s/\b(\Q$first\E|\Q$second\E)\b/<$1>/gi; $l } @both;
    $table =~ s/^(\Q$first\E +)/$1(@{[scalar @excerpts]}) /m;
    delete $index{$first};
}
my %by_length;
push @{$by_length{length $_}}, scalar reverse $_ for keys %index;
print length $table, ' ', join(' ', map { "$_:" . @{$by_length{$_}} } sort { $a <=> $b } keys %by_length), "\n";
