import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Kernel } from './kernel.ts'

export type Qemu = {
  /** the other end of the machine's /dev/hvc0 */
  readonly line: Duplex
  kill(): void
  /** Resolves when the machine is off: with what its kernel, its process 1 and qemu said. */
  readonly ended: Promise<string>
}

export const QEMU = 'qemu-system-x86_64'

/** The descriptor under which qemu finds its end of the script's line. */
const LINE_FD = 3

/** Powers a machine on. It has no network card and no disk; it ends with this process at the latest. */
export const startQemu = (kernel: Kernel, initramfs: string, memoryMb = 1024): Qemu => {
  const from = ['-kernel', kernel.image, '-initrd', initramfs]
  const args = [...ALWAYS.trim().split(/\s+/), '-m', `${memoryMb}`, ...from, '-append', COMMAND_LINE]
  const qemu = spawn(QEMU, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const kill = (): void => void qemu.kill('SIGKILL')
  process.once('exit', kill)
  const said: string[] = []
  for (const stream of [qemu.stdout, qemu.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const ended = once(qemu, 'close').then(() => {
    process.removeListener('exit', kill)
    return said.join('').replaceAll('\r', '')
  })
  return { line: qemu.stdio[LINE_FD] as Duplex, kill, ended }
}

/**
 * No KVM: where there is a device for it, it need not work. The processor "max" halves the time in which Node starts. The
 * serial port is emulated byte by byte, so what the script says goes over a faster line.
 */
const ALWAYS = `
  -accel tcg -cpu max -nodefaults -display none -no-reboot -serial stdio
  -fsdev local,id=root,path=/,security_model=none,multidevs=remap,readonly=on
  -device virtio-9p-pci,fsdev=root,mount_tag=root
  -device virtio-serial-pci -chardev socket,id=line,fd=${LINE_FD} -device virtconsole,chardev=line
`

/** A panic ends qemu (-no-reboot), and nothing less is worth a line of the console. */
const COMMAND_LINE = 'console=ttyS0 quiet loglevel=1 panic=-1'
