import { existsSync, readdirSync } from 'node:fs'
import { copyFile, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builtOnce, CannotBeHad, needPrograms, runProgram } from '../../helpers/real-server.ts'
import { staticBusybox } from './busybox.ts'
import { QEMU } from './qemu.ts'

export type Kernel = {
  /** as `uname -r` has it */
  readonly release: string
  /** what qemu boots */
  readonly image: string
  /** the folder that has lib/modules/RELEASE */
  readonly root: string
}

/**
 * Debian's generic kernel with all its modules, and everything else that the emulated machine needs; the kernel is fetched
 * once (70 MB; 430 MB unpacked).
 * @throws CannotBeHad
 */
export const debianKernel = async (): Promise<Kernel> => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new CannotBeHad('the emulated machine is an x86-64 Linux that shares the programs of its host')
  needPrograms({
    [QEMU]: 'qemu-system-x86',
    busybox: 'busybox-static',
    modprobe: 'kmod',
    depmod: 'kmod',
    dpkg: 'dpkg (Debian)',
    'apt-get': 'apt (Debian)',
    'apt-cache': 'apt (Debian)',
  })
  await staticBusybox()
  const root = await builtOnce('debian-kernel', 'fetching a Linux kernel, 70 MB', fetchKernel)
  return { release: releaseIn(root), image: join(root, 'kernel'), root }
}

const fetchKernel = async (folder: string): Promise<void> => {
  await runProgram('apt-get', ['download', await kernelPackage()], folder).catch((error: Error) => {
    throw new CannotBeHad(`${error.message}; if apt's lists are old, run apt-get update`)
  })
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    await runProgram('dpkg', ['-x', name, '.'], folder)
    await rm(join(folder, name))
  }
  if (!existsSync(join(folder, 'lib'))) await symlink('usr/lib', join(folder, 'lib'))
  const release = releaseIn(folder)
  await runProgram('depmod', ['-b', folder, release])
  await placeImage(join(folder, 'boot', `vmlinuz-${release}`), join(folder, 'kernel'))
}

/** The package with the kernel itself: linux-image-amd64 only depends on the newest. */
const kernelPackage = async (): Promise<string> => {
  const depends = await runProgram('apt-cache', ['depends', 'linux-image-amd64']).catch(() => '')
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1]
  if (name === undefined) throw new CannotBeHad('apt knows no linux-image-amd64: run apt-get update')
  return name
}

const releaseIn = (root: string): string => {
  const [release] = readdirSync(join(root, 'lib', 'modules'))
  if (release === undefined) throw new Error(`no kernel modules in ${root}`)
  return release
}

/**
 * Places the kernel uncompressed, for an emulated processor takes three seconds to unpack it at every boot; as it is when
 * there is no xz. Offsets: Documentation/arch/x86/boot.rst of Linux (setup_sects, payload_offset, payload_length).
 */
const placeImage = async (vmlinuz: string, to: string): Promise<void> => {
  const bytes = await readFile(vmlinuz)
  const protectedMode = (bytes.readUInt8(0x1f1) + 1) * 512
  const start = protectedMode + bytes.readUInt32LE(0x248)
  // The payload ends with its unpacked length, which is no part of the xz stream.
  const end = start + bytes.readUInt32LE(0x24c) - 4
  await writeFile(`${to}.xz`, bytes.subarray(start, end))
  await runProgram('xz', ['-d', `${to}.xz`]).catch(() => copyFile(vmlinuz, to))
  await rm(`${to}.xz`, { force: true })
}
