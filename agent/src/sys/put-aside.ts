import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'

/** What an agent keeps of a coordinator's word: it says nothing of another's. */
const BOOKS = ['keys.json', 'wishes.json', 'obeyed.json', 'witnesses.json'] as const

/**
 * Puts what an earlier coordinator said beside what the next will say, as `NAME.of-ITS-FINGERPRINT`.
 * @param authority the fingerprint of the earlier one: `sha256:` and 64 hexadecimal digits
 * @throws Error of node:fs when the folder cannot be written
 */
export const putAside = (folder: string, authority: string): void => {
  const suffix = `of-${authority.slice('sha256:'.length).slice(0, 16)}`
  for (const name of BOOKS) {
    const file = join(folder, name)
    if (existsSync(file)) renameSync(file, `${file}.${suffix}`)
  }
}
