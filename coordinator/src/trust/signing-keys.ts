import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import {
  isSignedBy,
  type PublicKeyText,
  publicKeyText,
  type Signable,
  signed,
} from '@infra-home/shared/seal/signature.ts'
import type { Endorsement, Succession } from '@infra-home/shared/seal/succession.ts'
import { writeWhole } from './write-whole.ts'

type Key = { readonly key: PublicKeyText; readonly privateKey: string; readonly since: string }

/** The file: the first key signs; one that follows it waits to take over. */
type Book = {
  readonly keys: readonly Key[]
  readonly endorsements: readonly Endorsement[]
  readonly retired: readonly PublicKeyText[]
}

/** The coordinator's Ed25519 keys: commands, lasting wishes and its own presence are signed with the first of them. */
export type SigningKeys = {
  sign<T extends object>(message: T): T & { readonly signature: string }
  /** True for what one of our own keys signed, retired ones excepted. */
  isOurs(message: Signable): boolean
  /** Keys that count now and since when (RFC 3339), the one that signs first. */
  keys(): readonly { readonly key: PublicKeyText; readonly since: string }[]
  /** Keys that count now, the one that signs first: what a new node pins. */
  current(): readonly PublicKeyText[]
  /** What nodes need to follow from a key that they know. */
  succession(): Succession
  /** Makes a key, vouched for by the one that signs; it takes over when `retire` is called. @throws InfraError usage */
  prepare(at: string): PublicKeyText
  /** Lets the prepared key take over and the old one count no more. @throws InfraError usage when none is prepared */
  retire(): PublicKeyText
}

/** Where a coordinator's secrets lie. */
export const trustFolder = (stateDir: string): string => join(stateDir, 'trust')

/** Opens `<folder>/signing.json`, which the first start makes. @throws InfraError config-invalid */
export const openSigningKeys = (
  folder: string,
  { site, at }: { readonly site: string; readonly at: string },
): SigningKeys => {
  const file = join(folder, 'signing.json')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) write(file, { keys: [newKey(at)], endorsements: [], retired: [] })
  let book = read(file)
  const save = (next: Book): void => {
    write(file, next)
    book = next
  }
  const privateKeys = new Map<PublicKeyText, KeyObject>()
  const signer = (): Key => {
    const [first] = book.keys
    if (!first) throw new InfraError('config-invalid', `${file}: no signing key in it`, { context: { file } })
    return first
  }
  const privateKeyOf = ({ key, privateKey }: Key): KeyObject => {
    const known = privateKeys.get(key) ?? createPrivateKey(privateKey)
    privateKeys.set(key, known)
    return known
  }
  const sign: SigningKeys['sign'] = (message) => signed(privateKeyOf(signer()), message)

  return {
    sign,
    isOurs: (message) => book.keys.some(({ key }) => isSignedBy(key, message)),
    keys: () => book.keys.map(({ key, since }) => ({ key, since })),
    current: () => book.keys.map(({ key }) => key),
    succession: () => ({ endorsements: book.endorsements, retired: book.retired }),
    prepare(now) {
      if (book.keys.length > 1)
        throw new InfraError('usage', 'a new signing key is prepared already: retire the old one first')
      const fresh = newKey(now)
      const link = sign({ site, key: fresh.key, by: signer().key })
      save({ ...book, keys: [...book.keys, fresh], endorsements: [...book.endorsements, link] })
      return fresh.key
    },
    retire() {
      const [old, ...rest] = book.keys
      if (!old || rest.length === 0)
        throw new InfraError('usage', 'no new signing key is prepared that could take over')
      save({ ...book, keys: rest, retired: [...book.retired, old.key] })
      return old.key
    },
  }
}

const newKey = (since: string): Key => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { key: publicKeyText(privateKey), privateKey: pem, since }
}

const read = (file: string): Book => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Book
  } catch (cause) {
    throw new InfraError('config-invalid', `${file}: cannot be read as JSON`, { cause, context: { file } })
  }
}

const write = (file: string, book: Book): void => writeWhole(file, `${JSON.stringify(book, null, 2)}\n`)
