import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DurationMs } from '@infra-home/shared/clock.ts'
import { runProgram } from '../../helpers/real-server.ts'
import { staticBusybox } from './busybox.ts'
import type { Kernel } from './kernel.ts'

export type Boot = {
  /** shell text, run by root in the folder of the repository */
  readonly script: string
  /** modules of the kernel in the order of loading, each with its parameters if any: 'mac80211_hwsim radios=3' */
  readonly modules: readonly string[]
  /** the machine turns itself off after this, should nobody be left to kill it */
  readonly giveUpAfter: DurationMs
}

/** What the machine needs before it sees its root: its own bus, 9p, the layer in memory and the script's console. */
const OWN_MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_console']

const REPOSITORY = join(import.meta.dirname, '../../../..')

/** Writes the archive that the kernel unpacks as its first root into `folder`. @returns its path */
export const writeInitramfs = async (kernel: Kernel, boot: Boot, folder: string): Promise<string> => {
  const tree = join(folder, 'tree')
  for (const name of ['bin', 'proc', 'dev', 'host', 'layer', 'inside', 'machine/modules'])
    await mkdir(join(tree, name), { recursive: true })
  const busybox = await staticBusybox()
  await copyFile(busybox, join(tree, 'bin/busybox'))
  await copyFile(join(import.meta.dirname, 'init.sh'), join(tree, 'init'))
  await chmod(join(tree, 'init'), 0o755)
  for (const [place, path] of (await ownModules(kernel)).entries())
    await copyFile(path, join(tree, 'machine/modules', `${String(place).padStart(2, '0')}-${basename(path)}`))
  const texts = {
    settings: settings(kernel, boot),
    wanted: wanted(boot),
    start: start(),
    script: boot.script,
  }
  for (const [name, text] of Object.entries(texts)) await writeFile(join(tree, 'machine', name), text)
  await pack(busybox, tree, join(folder, 'initramfs'))
  return join(folder, 'initramfs')
}

/** The paths of all modules that are needed, each after those that it depends on. */
const ownModules = async (kernel: Kernel): Promise<string[]> => {
  const paths = new Set<string>()
  for (const name of OWN_MODULES) {
    const which = ['-C', '/dev/null', '-d', kernel.root, '-S', kernel.release]
    const shown = await runProgram('modprobe', [...which, '--show-depends', name])
    for (const [, path] of shown.matchAll(/^insmod (\S+)/gm)) if (path !== undefined) paths.add(path)
  }
  return [...paths]
}

const settings = (kernel: Kernel, { giveUpAfter }: Boot): string => `
RELEASE=${quoted(kernel.release)}
KERNEL_ROOT=${quoted(kernel.root)}
GIVE_UP_AFTER_S=${Math.ceil(giveUpAfter / 1000)}
`

const wanted = ({ modules }: Boot): string => modules.map((module) => `${module}\n`).join('')

const NODES = [join(REPOSITORY, 'node_modules/.bin'), dirname(process.execPath)]
const PROGRAMS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Runs the script as one that was started from the repository; its output is read by a program, so no colours. */
const start = (): string => `
export PATH=${quoted([...NODES, ...PROGRAMS].join(':'))} HOME=/run/machine LANG=C.UTF-8 TERM=dumb NO_COLOR=1
cd ${quoted(REPOSITORY)} && exec /bin/sh /run/machine/script
`

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const pack = async (busybox: string, tree: string, archive: string): Promise<void> => {
  const names = await readdir(tree, { recursive: true })
  const cpio = spawn(busybox, ['cpio', '-o', '-H', 'newc'], {
    cwd: tree,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = once(cpio, 'close')
  cpio.stdin.end(names.map((name) => `${name}\n`).join(''))
  await pipeline(cpio.stdout, createWriteStream(archive))
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`busybox cpio ended with ${code}`)
}
