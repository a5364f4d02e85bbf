import { randomBytes, scryptSync } from 'node:crypto'
import { asObject, asText } from '../../parse/json.ts'
import { readJson, writeJson } from '../../small-file.ts'
import type { Disk } from '../../sys/sys.ts'
import { turnstile } from '../../turnstile.ts'

/** What was shown to a device: the password, and the name it was for where there is one. */
export type ShownPassword = { readonly driver: string; readonly address: string; readonly secret: string }

/** The password that each device refused last, so that an agent that starts again and again does not lock the device. */
export type RefusedPasswords = {
  /** Why a device refused just this password; null when it did not. @throws InfraError disk-failed */
  causeOf(shown: ShownPassword): Promise<string | null>
  /** @throws InfraError disk-full, disk-failed */
  note(shown: ShownPassword, cause: string): Promise<void>
}

/** By driver and address: `{salt, hash, cause}`. To have a password tried once more, remove the file. */
export const REFUSED_FILE = 'refused-passwords.json'
/** Addresses change; the oldest are forgotten. */
const MOST_DEVICES = 32

export const refusedPasswords = (disk: Disk): RefusedPasswords => {
  const inTurn = turnstile()
  const read = async () => asObject(await readJson<unknown>(disk, REFUSED_FILE, null))
  return {
    async causeOf(shown) {
      const { salt, hash, cause } = asObject((await read())[placeOf(shown)])
      if (typeof salt !== 'string' || hash !== hashOf(shown.secret, salt)) return null
      return asText(cause) ?? 'the modem refused the password'
    },
    note: (shown, cause) =>
      inTurn(async () => {
        const { [placeOf(shown)]: _, ...others } = await read()
        const salt = randomBytes(16).toString('hex')
        const entry = { salt, hash: hashOf(shown.secret, salt), cause }
        const kept = Object.entries(others).slice(1 - MOST_DEVICES)
        await writeJson(disk, REFUSED_FILE, { ...Object.fromEntries(kept), [placeOf(shown)]: entry })
      }),
  }
}

const placeOf = ({ driver, address }: ShownPassword): string => `${driver} ${address}`

/** scrypt (RFC 7914) in 4 MiB: dear to guess, cheap enough for a small board once a start. */
const hashOf = (secret: string, salt: string): string =>
  scryptSync(secret, salt, 32, { N: 4096, r: 8, p: 1 }).toString('hex')
