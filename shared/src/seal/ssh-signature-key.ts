import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { InfraError } from '../errors.ts'
import { readWire, type WireReader } from './ssh-signature-wire.ts'

/** A public key of OpenSSH, as a line of `authorized_keys` or of a `.pub` file has it. */
export type SshPublicKey = {
  readonly type: SshKeyType
  /** What the line has in base64: two keys are the same when these bytes are. */
  readonly blob: Buffer
  /** What the holder signs with. */
  readonly key: KeyObject
  /** What a security key binds its signatures to; null for a key that lies in a file. */
  readonly application: string | null
}

type Kind = { readonly curve: 'ed25519' | keyof typeof CURVES; readonly token: boolean }

/** JWK name and bytes of a coordinate, by OpenSSH's name (RFC 5656 §6.1). */
const CURVES = {
  nistp256: { crv: 'P-256', bytes: 32 },
  nistp384: { crv: 'P-384', bytes: 48 },
  nistp521: { crv: 'P-521', bytes: 66 },
} as const

/** RFC 8709, RFC 5656 and OpenSSH's PROTOCOL.u2f. RSA and DSA are not taken: nobody need make one today. */
const KINDS = {
  'ssh-ed25519': { curve: 'ed25519', token: false },
  'sk-ssh-ed25519@openssh.com': { curve: 'ed25519', token: true },
  'ecdsa-sha2-nistp256': { curve: 'nistp256', token: false },
  'ecdsa-sha2-nistp384': { curve: 'nistp384', token: false },
  'ecdsa-sha2-nistp521': { curve: 'nistp521', token: false },
} as const satisfies Record<string, Kind>
export type SshKeyType = keyof typeof KINDS

const LINE = /^(\S+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]|$)/

/** Reads one line `TYPE BASE64 [COMMENT]`. @throws InfraError parse-failed with what is wrong */
export const parseSshPublicKey = (line: string): SshPublicKey => {
  const [, type, base64 = ''] = LINE.exec(line.trim()) ?? []
  if (type === undefined) throw refused('that is no public key of OpenSSH: TYPE BASE64 COMMENT is expected')
  if (!Object.hasOwn(KINDS, type))
    throw refused(`keys of type ${type.slice(0, 64)} are not taken: ${Object.keys(KINDS).join(', ')} are`)
  const key = sshKeyOf(Buffer.from(base64, 'base64'))
  if (key?.type !== type) throw refused(`the key's bytes are not those of one of type ${type}`)
  return key
}

/** A key from its bytes; null when they are none of a type that is taken. */
export const sshKeyOf = (blob: Buffer): SshPublicKey | null => {
  try {
    const wire = readWire(blob)
    const type = wire.string().toString('latin1')
    if (!isKeyType(type)) return null
    const { curve, token } = KINDS[type]
    const key = curve === 'ed25519' ? ed25519(wire) : ecdsa(wire, curve)
    const application = token ? wire.string().toString() : null
    wire.end()
    return { type, blob, key, application }
  } catch {
    return null // bytes that end too early, or no point of the curve
  }
}

/** As `ssh-keygen -l` writes it. */
export const sshFingerprint = ({ blob }: Pick<SshPublicKey, 'blob'>): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** The line without its comment. */
export const sshKeyLine = ({ type, blob }: Pick<SshPublicKey, 'type' | 'blob'>): string =>
  `${type} ${blob.toString('base64')}`

const isKeyType = (type: string): type is SshKeyType => Object.hasOwn(KINDS, type)

const ed25519 = (wire: WireReader): KeyObject => {
  const x = wire.string()
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') },
    format: 'jwk',
  })
}

const UNCOMPRESSED = 4

const ecdsa = (wire: WireReader, curve: keyof typeof CURVES): KeyObject => {
  const { crv, bytes } = CURVES[curve]
  if (wire.string().toString('latin1') !== curve) throw new RangeError('another curve')
  const point = wire.string()
  if (point.length !== 1 + 2 * bytes || point[0] !== UNCOMPRESSED) throw new RangeError('no point')
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)]
  const jwk = { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

const refused = (message: string): InfraError => new InfraError('parse-failed', message)
