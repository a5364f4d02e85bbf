import { closeSync, openSync, readSync } from 'node:fs'
import type { Chance } from '../run.ts'

/** The kernel's randomness, read as a file: loading node:crypto for ten bytes would cost 3 MB of memory. */
const randomBytes = (count: number): Buffer => {
  const file = openSync('/dev/urandom', 'r')
  try {
    const bytes = Buffer.alloc(count)
    readSync(file, bytes)
    return bytes
  } finally {
    closeSync(file)
  }
}

export const realChance: Chance = {
  random80() {
    const bytes = randomBytes(10)
    return [bytes.readUIntBE(0, 5), bytes.readUIntBE(5, 5)]
  },
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
}
