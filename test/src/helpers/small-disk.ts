import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CannotBeHad } from './real-server.ts'

export type SmallDisk = {
  readonly folder: string
  /** Takes what room there is, to the last byte. */
  fill(): void
  /** Gives it back. */
  free(): void
  close(): void
}

/** A file system of its own with this many mebibytes, in memory. @throws CannotBeHad for whoever may not mount */
export const smallDisk = (mebibytes: number): SmallDisk => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=777`, 'tmpfs', folder], {
    encoding: 'utf8',
  })
  if (mounted.status !== 0) {
    rmdirSync(folder)
    throw new CannotBeHad(
      `no file system can be mounted here: ${mounted.error?.message ?? mounted.stderr.trim()}`,
    )
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill: () => fill(ballast),
    free: () => rmSync(ballast),
    close() {
      spawnSync('umount', ['--lazy', folder])
      rmdirSync(folder)
    },
  }
}

const fill = (path: string): void => {
  const file = openSync(path, 'a')
  try {
    for (let piece = 65_536; piece >= 1; piece = Math.floor(piece / 2)) pour(file, piece)
  } finally {
    closeSync(file)
  }
}

const pour = (file: number, bytes: number): void => {
  const piece = Buffer.alloc(bytes)
  try {
    for (;;) if (writeSync(file, piece) < bytes) return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
