import { randomBytes } from 'node:crypto'
import type { Chance } from '../run.ts'

/** The system's own randomness. */
export const realChance: Chance = {
  random80() {
    const bytes = randomBytes(10)
    return [bytes.readUIntBE(0, 5), bytes.readUIntBE(5, 5)]
  },
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
}
