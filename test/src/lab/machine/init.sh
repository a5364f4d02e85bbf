#!/bin/busybox sh
# Process 1 of the emulated machine: host's root, read-only, under a layer in memory; then the script in it.
# When anything here fails, process 1 ends, the kernel panics, and qemu ends with what was said on the console.
set -e
/bin/busybox --install -s /bin
export PATH=/bin
. /machine/settings

mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in /machine/modules/*; do insmod "$module"; done
(sleep "$GIVE_UP_AFTER_S"; echo o > /proc/sysrq-trigger) &

mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose root /host
mount -t tmpfs layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /inside
mount -t proc proc /inside/proc
mount -t sysfs sys /inside/sys
mount -t devtmpfs dev /inside/dev
mkdir -p /inside/dev/pts /inside/dev/shm
mount -t devpts pts /inside/dev/pts
mount -t tmpfs shm /inside/dev/shm
mount -t tmpfs run /inside/run
cp -r /machine /inside/run/machine

# The kernel loads modules on demand, too: by /sbin/modprobe of its first root, which knows them in the second.
# The host's own wishes about modules (/etc/modprobe.d) are not this machine's.
chroot /inside /bin/mkdir -p "/lib/modules/$RELEASE"
chroot /inside /bin/mount --bind "$KERNEL_ROOT/lib/modules/$RELEASE" "/lib/modules/$RELEASE"
mkdir -p /sbin
printf '#!/bin/sh\nexec chroot /inside /sbin/modprobe -C /dev/null "$@"\n' > /sbin/modprobe
chmod +x /sbin/modprobe
while read -r module; do /sbin/modprobe $module; done < /machine/wanted
hostname machine
ip link set lo up

(
  # Only while it is open does the line keep its settings.
  stty raw -echo
  echo ::boot
  set +e
  chroot /inside /usr/bin/env -i /bin/sh /run/machine/start
  printf '\n::exit %s\n' $?
) <> /dev/hvc0 >&0 2>&1
echo o > /proc/sysrq-trigger
sleep 60
