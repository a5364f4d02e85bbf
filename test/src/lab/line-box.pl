#!/usr/bin/perl
# A line between two network namespaces: `line-box.pl OURS THEIRS NAMESPACE` makes a TUN device here and another one there, and hands packets
# over. Each line on standard input says how from then on: DELAY_MS LOSS BITS_PER_SECOND QUEUE_MS JITTER_MS. Delay is for each way, and jitter the
# most that is added to it, for each packet anew, which never overtakes another; loss (0 to 1), rate and queue (packets that would wait for
# longer are dropped) are for what leaves.
use strict;
use warnings;
use Time::HiRes qw(time);

use constant { TUNSETIFF => 0x400454ca, IFF_TUN => 0x0001, IFF_NO_PI => 0x1000 };

my ($ours, $theirs, $namespace) = @ARGV;

sub tun {
    my ($name) = @_;
    open(my $fh, '+<', '/dev/net/tun') or die "/dev/net/tun: $!";
    ioctl($fh, TUNSETIFF, pack('a16 S x22', $name, IFF_TUN | IFF_NO_PI)) or die "$name: $!";
    return $fh;
}

my @ends = (tun($ours), tun($theirs));
system('ip', 'link', 'set', $theirs, 'netns', $namespace) == 0 or die 'could not hand over';
$| = 1;
print "ready\n";

my ($delay, $loss, $rate, $queue, $jitter) = (0, 0, 0, 0, 0);
my $free = 0;    # when the line has sent what it has
my @later = ([], []);    # for each way: [when, packet], in order
while (1) {
    my $now = time;
    for my $way (0, 1) {
        while (@{ $later[$way] } && $later[$way][0][0] <= $now) {
            my (undef, $packet) = @{ shift @{ $later[$way] } };
            syswrite($ends[ 1 - $way ], $packet);
        }
    }
    my ($next) = sort { $a <=> $b } map { @$_ ? $_->[0][0] : () } @later;
    my $bits = '';
    vec($bits, fileno($_), 1) = 1 for @ends, *STDIN;
    select($bits, undef, undef, defined $next ? ($next > $now ? $next - $now : 0) : undef);
    if (vec($bits, fileno(STDIN), 1)) {
        my $count = sysread(STDIN, my $text, 4096);
        exit 0 unless $count;
        ($delay, $loss, $rate, $queue, $jitter) = split ' ', (split /\n/, $text)[-1];
    }
    for my $way (0, 1) {
        next unless vec($bits, fileno($ends[$way]), 1);
        sysread($ends[$way], my $packet, 65536) or next;
        my $at = time;
        if ($way == 0) {
            next if $loss > 0 && rand() < $loss;
            if ($rate > 0) {
                $free = $at if $free < $at;
                next if $queue > 0 && ($free - $at) * 1000 > $queue;
                $free += length($packet) * 8 / $rate;
                $at = $free;
            }
        }
        my $due = $at + ($delay + rand($jitter)) / 1000;
        my $last = @{ $later[$way] } ? $later[$way][-1][0] : 0;
        push @{ $later[$way] }, [ $due > $last ? $due : $last, $packet ];
    }
}
