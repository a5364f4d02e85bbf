import { randomBytes, scryptSync } from 'node:crypto'
import { milliseconds, monoMs } from '@infra-home/shared/clock.ts'
import { asObject, asText } from '../../parse/json.ts'
import { readJson, writeJson } from '../../small-file.ts'
import type { Disk } from '../../sys/sys.ts'
import { turnstile } from '../../turnstile.ts'
import type { PasswordFate } from './password-fate.ts'

/** What is shown to a device: the password, and the name it is for where there is one. */
export type ShownPassword = { readonly driver: string; readonly address: string; readonly secret: string }

/** What became of the password that each device was shown last, so that an agent that starts again and again does not lock the device. */
export type ShownPasswords = {
  /** null: this device was never shown this password. @throws InfraError disk-failed */
  fateOf(shown: ShownPassword): Promise<PasswordFate | null>
  /** @param fate null: it was not shown after all. @throws InfraError disk-full, disk-failed */
  note(shown: ShownPassword, fate: PasswordFate | null): Promise<void>
}

/** By driver and address: `{salt, hash, boot, is, …}`. To have a password tried at once, remove the file. */
export const SHOWN_FILE = 'shown-passwords.json'
/** Addresses change; the oldest are forgotten. */
const MOST_DEVICES = 32

/** @param boot whose boot-time clock counts: a wait that an earlier boot began counts from the beginning of this one */
export const shownPasswords = ({
  disk,
  boot,
}: {
  readonly disk: Disk
  readonly boot: string
}): ShownPasswords => {
  const inTurn = turnstile()
  const hashing = saltedHashes()
  const read = async () => asObject(await readJson<unknown>(disk, SHOWN_FILE, null))
  return {
    async fateOf(shown) {
      const entry = asObject((await read())[placeOf(shown)])
      const { salt, hash } = entry
      if (typeof salt !== 'string' || hash !== hashing.of(shown.secret, salt)) return null
      return fateIn(entry, entry['boot'] === boot)
    },
    note: (shown, fate) =>
      inTurn(async () => {
        const { [placeOf(shown)]: before, ...others } = await read()
        const kept = Object.fromEntries(Object.entries(others).slice(1 - MOST_DEVICES))
        const entry = fate && { ...hashing.like(asObject(before), shown.secret), boot, ...fate }
        await writeJson(disk, SHOWN_FILE, entry ? { ...kept, [placeOf(shown)]: entry } : kept)
      }),
  }
}

const placeOf = ({ driver, address }: ShownPassword): string => `${driver} ${address}`

/** What cannot be made out counts as refused: nothing is risked for a damaged file. */
const fateIn = (entry: Readonly<Record<string, unknown>>, isThisBoot: boolean): PasswordFate => {
  const { is, since, waitMs, proven } = entry
  const cause = asText(entry['cause']) ?? 'the modem refused the password'
  if (is === 'accepted') return { is }
  if (is !== 'unanswered' || typeof since !== 'number' || typeof waitMs !== 'number')
    return { is: 'refused', cause }
  return {
    is,
    cause,
    since: monoMs(isThisBoot ? since : 0),
    waitMs: milliseconds(waitMs),
    proven: proven === true,
  }
}

/** Salts and hashes; each is made once, for it takes a small board a tenth of a second. */
const saltedHashes = () => {
  const made = new Map<string, string>()
  const hashOf = (secret: string, salt: string): string => {
    const key = `${salt} ${secret}`
    const hash = made.get(key) ?? scryptOf(secret, salt)
    made.set(key, hash)
    return hash
  }
  return {
    of: hashOf,
    /** Those of an entry when they are this secret's, or fresh ones. */
    like({ salt, hash }: Readonly<Record<string, unknown>>, secret: string) {
      if (typeof salt === 'string' && hash === hashOf(secret, salt)) return { salt, hash }
      const fresh = randomBytes(16).toString('hex')
      return { salt: fresh, hash: hashOf(secret, fresh) }
    },
  }
}

/** scrypt (RFC 7914) in 4 MiB: dear to guess, cheap enough for a small board. */
const scryptOf = (secret: string, salt: string): string =>
  scryptSync(secret, salt, 32, { N: 4096, r: 8, p: 1 }).toString('hex')
