#!/usr/bin/perl
# A terminal with this program at its other end: says its path, then hands over what comes, both ways. It ends with its input, and then the line hangs up.
use strict;
use warnings;
use Fcntl qw(O_RDWR O_NOCTTY);

use constant { TIOCGPTN => 0x80045430, TIOCSPTLCK => 0x40045431 };

sysopen(my $modem, '/dev/ptmx', O_RDWR | O_NOCTTY) or die "/dev/ptmx: $!";
my ($locked, $number) = (pack('i', 0), pack('I', 0));
ioctl($modem, TIOCSPTLCK, $locked) or die "unlock: $!";
ioctl($modem, TIOCGPTN, $number) or die "number: $!";
my $path = '/dev/pts/' . unpack('I', $number);

# While nobody else has it open a terminal is at its end; this keeps it.
sysopen(my $kept, $path, O_RDWR | O_NOCTTY) or die "$path: $!";
syswrite(STDOUT, "$path\n");

while (1) {
    my $ready = '';
    vec($ready, fileno($_), 1) = 1 for \*STDIN, $modem;
    select($ready, undef, undef, undef);
    for ([\*STDIN, $modem], [$modem, \*STDOUT]) {
        my ($from, $to) = @$_;
        next unless vec($ready, fileno($from), 1);
        sysread($from, my $bytes, 4096) or exit;
        syswrite($to, $bytes);
    }
}
