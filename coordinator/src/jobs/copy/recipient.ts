const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const CHECKSUM = 6
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const

/** Bytes of a public key, by the prefix before its last 1: X25519, and X25519 with ML-KEM-768 (age 1.3). */
const KEY_BYTES: Readonly<Record<string, number>> = { age: 32, age1pq: 1216 }

/**
 * True for a public key as `age-keygen` prints it. This checks its text alone (Bech32, BIP 173): age's library, which would
 * check it too, is too large to be loaded by whoever never encrypts.
 */
export const isRecipient = (text: string): boolean => {
  const end = text.lastIndexOf('1')
  const [prefix, data] = [text.slice(0, end), text.slice(end + 1)]
  const bytes = Object.hasOwn(KEY_BYTES, prefix) ? KEY_BYTES[prefix] : undefined
  if (bytes === undefined || data.length !== Math.ceil((bytes * 8) / 5) + CHECKSUM) return false
  const values = Array.from(data, (letter) => LETTERS.indexOf(letter))
  return !values.includes(-1) && checksumOf([...expand(prefix), ...values]) === 1
}

const expand = (prefix: string): number[] => {
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0))
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
}

const checksumOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => {
    const top = sum >>> 25
    const shifted = ((sum & 0x1ffffff) << 5) ^ value
    return GENERATORS.reduce((mixed, generator, i) => ((top >> i) & 1 ? mixed ^ generator : mixed), shifted)
  }, 1)
