#!/bin/sh
# The first process of a machine of its own: systemd over a copy-on-write view of this one's files, without its network.
# usage: systemd-machine.sh CGROUP COMMAND…   (in new namespaces; COMMAND furnishes the root in which it runs)
set -e
cgroup=$1
shift
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mkdir sys/fs/cgroup/systemd
mount --bind "$cgroup" sys/fs/cgroup/systemd
mount -t tmpfs tmpfs dev
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for folder in run tmp var/lib; do mount -t tmpfs tmpfs $folder; done
mkdir -p run/systemd/system
# what would change the kernel under us, or wait for hardware
for unit in sysctl modules-load binfmt tmpfiles-setup-dev udevd udev-trigger remount-fs; do
  ln -s /dev/null run/systemd/system/systemd-$unit.service
done
ip link set lo up
"$@"
pivot_root . mnt
cd /
umount --lazy /mnt
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=basic.target --log-target=journal
