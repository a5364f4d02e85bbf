import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'

/** The key of one node's messages, both ways; it never travels. */
export type MacKey = KeyObject

const MAC_BYTES = 16
const OPENING = ',"mac":"'
const CLOSING = '"}'
const OPENING_BYTES = Buffer.from(OPENING, 'latin1')
/** 16 bytes are 22 letters of base64url. */
const TAIL_BYTES = OPENING.length + 22 + CLOSING.length

/**
 * The key that a node and the coordinator share: HKDF-SHA256 (RFC 5869) of what both can work out and nobody between them
 * can.
 * @param agreed an ECDH secret, or the SHA-256 of a plain secret
 */
export const macKeyFrom = (agreed: Uint8Array, site: string, node: string): MacKey =>
  createSecretKey(Buffer.from(hkdfSync('sha256', agreed, '', `infra-home mac v1 ${site} ${node}`, 32)))

/** The same for a node that has a plain secret; the coordinator keeps no more of it than its SHA-256. */
export const macKeyOfSecret = (
  secret: string,
  { site, node }: { readonly site: string; readonly node: string },
): MacKey => macKeyFrom(createHash('sha256').update(secret).digest(), site, node)

/**
 * The text of a JSON object with a last member `mac`: HMAC-SHA256 (RFC 2104), cut to 128 bits, over the topic, a line feed
 * and the text up to there. Whoever carries the message can lose it, but neither change it nor move it to another topic.
 * @param text a JSON object with at least one member
 */
export const withMac = (key: MacKey, topic: string, text: string): string => {
  const open = text.slice(0, -1)
  return open + tailOf(key, topic, open)
}

/** Why a message is not authentic, or null when it is. */
export const macFault = (key: MacKey, topic: string, bytes: Uint8Array): 'no-mac' | 'wrong-mac' | null => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = text.length - TAIL_BYTES
  const tail = text.subarray(Math.max(0, end))
  if (end < 1 || !tail.subarray(0, OPENING.length).equals(OPENING_BYTES)) return 'no-mac'
  const right = Buffer.from(tailOf(key, topic, text.subarray(0, end)), 'latin1')
  return timingSafeEqual(tail, right) ? null : 'wrong-mac'
}

/** The text that a MAC was put to, which is what a signature in it covers; a text without one stays as it is. */
export const withoutMac = (text: string): string =>
  text.startsWith(OPENING, text.length - TAIL_BYTES) ? `${text.slice(0, -TAIL_BYTES)}}` : text

const tailOf = (key: MacKey, topic: string, open: string | Uint8Array): string => {
  const mac = createHmac('sha256', key).update(topic).update('\n').update(open).digest()
  return `${OPENING}${mac.subarray(0, MAC_BYTES).toString('base64url')}${CLOSING}`
}
