import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import {
  isSignedBy,
  type PublicKeyText,
  publicKeyText,
  type Signable,
  signed,
} from '@infra-home/shared/seal/signature.ts'
import type { WishBody } from '@infra-home/shared/messages/want.ts'
import { openBook } from './book.ts'
import { BOOKS } from './book-schemas.ts'
import { privateKeyIn } from './private-key.ts'

type Key = { readonly key: PublicKeyText; readonly privateKey: string; readonly since: string }

/** The file: the first key signs; one that follows it waits to take over. */
type Signing = WishBody['keys'] & { readonly keys: readonly Key[] }

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
  succession(): WishBody['keys']
  /** Makes a key, vouched for by the one that signs; it takes over when `retire` is called. Null when one waits already. */
  prepare(at: string): PublicKeyText | null
  /** Lets the prepared key take over and the old one count no more. Null when none is prepared. */
  retire(): PublicKeyText | null
  /** What is wrong with the file; null when nothing is. */
  fault(): string | null
}

/** Where a coordinator's secrets lie. */
export const trustFolder = (stateDir: string): string => join(stateDir, 'trust')

/** Opens `<folder>/signing.json`, which the first start makes. @throws InfraError config-invalid */
export const openSigningKeys = (
  folder: string,
  { site, at }: { readonly site: string; readonly at: string },
): SigningKeys => {
  const file = join(folder, 'signing.json')
  const none: Signing = { keys: [], endorsements: [], retired: [] }
  const book = openBook(file, { empty: none, schema: BOOKS['signing.json'] })
  if (book.look() === none) book.write({ ...none, keys: [newKey(at)] })
  const privateKeys = new Map<PublicKeyText, KeyObject>()
  const signer = (): Key => {
    const [first] = book.read().keys
    if (!first) throw new InfraError('config-invalid', `${file}: no signing key in it`, { context: { file } })
    return first
  }
  const privateKeyOf = ({ key, privateKey }: Key): KeyObject => {
    const known = privateKeys.get(key) ?? privateKeyIn(file, privateKey)
    privateKeys.set(key, known)
    return known
  }
  for (const key of book.read().keys) privateKeyOf(key) // no start without them
  const sign: SigningKeys['sign'] = (message) => signed(privateKeyOf(signer()), message)

  return {
    sign,
    isOurs: (message) => book.read().keys.some(({ key }) => isSignedBy(key, message)),
    keys: () => book.read().keys.map(({ key, since }) => ({ key, since })),
    current: () => book.read().keys.map(({ key }) => key),
    succession() {
      const { endorsements, retired } = book.read()
      return { endorsements, retired }
    },
    prepare(now) {
      const known = book.look()
      if (known.keys.length > 1) return null
      const fresh = newKey(now)
      const link = sign({ site, key: fresh.key, by: signer().key })
      book.write({
        ...known,
        keys: [...known.keys, fresh],
        endorsements: [...known.endorsements, link],
      })
      return fresh.key
    },
    retire() {
      const known = book.look()
      const [old, ...rest] = known.keys
      if (!old || rest.length === 0) return null
      book.write({ ...known, keys: rest, retired: [...known.retired, old.key] })
      return old.key
    },
    fault: book.fault,
  }
}

const newKey = (since: string): Key => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { key: publicKeyText(privateKey), privateKey: pem, since }
}
