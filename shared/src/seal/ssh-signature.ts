import { createHash, type KeyObject, verify } from 'node:crypto'
import { type SshKeyType, type SshPublicKey, sshKeyOf } from './ssh-signature-key.ts'
import { readWire, wireString } from './ssh-signature-wire.ts'

/** What is inside `-----BEGIN SSH SIGNATURE-----`: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig */
export type SshSignature = {
  readonly publicKey: SshPublicKey
  readonly namespace: string
  readonly hash: 'sha256' | 'sha512'
  readonly reserved: Buffer
  readonly signature: Buffer
}

const MAGIC = 'SSHSIG'
const VERSION = 1
const ARMOUR =
  /^\s*-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n?-----END SSH SIGNATURE-----\s*$/
/** Ours are below 400 bytes; nothing that is longer is looked at. */
const LONGEST = 4096

/** Reads what `ssh-keygen -Y sign` writes; null for anything else. */
export const parseSshSignature = (armoured: string): SshSignature | null => {
  const base64 = armoured.length <= LONGEST ? ARMOUR.exec(armoured)?.[1] : undefined
  if (base64 === undefined) return null
  try {
    return readSignature(Buffer.from(base64, 'base64'))
  } catch {
    return null // the bytes end too early
  }
}

const readSignature = (bytes: Buffer): SshSignature | null => {
  const wire = readWire(bytes)
  if (wire.raw(MAGIC.length).toString('latin1') !== MAGIC || wire.uint32() !== VERSION) return null
  const publicKey = sshKeyOf(wire.string())
  const namespace = wire.string().toString()
  const reserved = wire.string()
  const hash = wire.string().toString('latin1')
  const signature = wire.string()
  wire.end()
  if (!publicKey || (hash !== 'sha256' && hash !== 'sha512')) return null
  return { publicKey, namespace, reserved, hash, signature }
}

/** `right`, or why the signature does not count for `text`. Security keys must have been touched. */
export const checkSshSignature = (
  text: string | Uint8Array,
  { publicKey, namespace, reserved, hash, signature }: SshSignature,
): 'right' | 'wrong-signature' | 'not-touched' => {
  const digest = createHash(hash).update(text).digest()
  const parts = [namespace, reserved, hash, digest].map(wireString)
  const message = Buffer.concat([Buffer.from(MAGIC), ...parts])
  try {
    return checkBlob(message, signature, publicKey)
  } catch {
    return 'wrong-signature' // its bytes end too early
  }
}

/** OpenSSH's PROTOCOL.u2f: bit 0 of the flags says that somebody was there. */
const TOUCHED = 1

const checkBlob = (message: Buffer, signature: Buffer, { type, key, application }: SshPublicKey) => {
  const wire = readWire(signature)
  if (wire.string().toString('latin1') !== type) return 'wrong-signature'
  const inner = wire.string()
  const token = application === null ? null : wire.raw(5)
  wire.end()
  const signed = token && application !== null ? tokenMessage(message, { application, token }) : message
  const pair = { key, dsaEncoding: 'ieee-p1363' } as const
  if (!verify(HASHES[type], signed, pair, plainSignature(inner, key))) return 'wrong-signature'
  return token && !((token[0] ?? 0) & TOUCHED) ? 'not-touched' : 'right'
}

/** What a security key signs; `token` is its flags and counter. */
const tokenMessage = (
  message: Buffer,
  on: { readonly application: string; readonly token: Buffer },
): Buffer =>
  Buffer.concat([
    createHash('sha256').update(on.application).digest(),
    on.token,
    createHash('sha256').update(message).digest(),
  ])

/** RFC 5656 §6.2.1; Ed25519 hashes for itself. */
const HASHES: Record<SshKeyType, 'sha256' | 'sha384' | 'sha512' | null> = {
  'ssh-ed25519': null,
  'sk-ssh-ed25519@openssh.com': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
}

/** Ed25519 as it is; ECDSA's two numbers side by side, as WebCrypto and IEEE P1363 have them. */
const plainSignature = (inner: Buffer, key: KeyObject): Buffer => {
  if (key.asymmetricKeyType === 'ed25519') return inner
  const wire = readWire(inner)
  const bytes = COORDINATE_BYTES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 0
  const numbers = [wire.string(), wire.string()].map((number) => fixed(number, bytes))
  wire.end()
  return Buffer.concat(numbers)
}

/** By OpenSSL's names. */
const COORDINATE_BYTES: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 }

/** A positive `mpint` in exactly so many bytes. @throws RangeError when it is too large for them */
const fixed = (number: Buffer, bytes: number): Buffer => {
  const significant = number.subarray(number[0] === 0 ? 1 : 0)
  if (significant.length > bytes) throw new RangeError('the number is too large')
  return Buffer.concat([Buffer.alloc(bytes - significant.length), significant])
}
