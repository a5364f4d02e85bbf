// What encrypting a large backup takes of a small machine's memory.
import { randomBytes } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadAge } from '@infra-home/coordinator/jobs/copy/age.ts'
import { encryptInto } from '@infra-home/coordinator/jobs/copy/encrypt-into.ts'

const age = await loadAge()
const recipient = await age.identityToRecipient(await age.generateX25519Identity())

t.test(
  'an encrypted copy of 64 MB that cannot be packed takes no more memory than one of 8 MB',
  async (t) => {
    const folder = t.testdir()
    const growth = async (megabytes: number): Promise<number> => {
      const [from, to] = [join(folder, `from-${megabytes}`), join(folder, `to-${megabytes}`)]
      writeFileSync(from, '')
      for (let i = 0; i < megabytes; i++) writeFileSync(from, randomBytes(1_000_000), { flag: 'a' })
      const before = process.memoryUsage.rss()
      let most = before
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5)
      await encryptInto(to, { from, recipient, signal: new AbortController().signal })
      clearInterval(watch)
      t.ok(statSync(to).size > megabytes * 1_000_000)
      return most - before
    }
    await growth(8) // what is loaded and compiled once
    const grown = await growth(64)
    t.comment(`grew by ${(grown / 1e6).toFixed(1)} MB`)
    t.ok(grown < 45_000_000, `by ${grown} bytes`)
  },
)
