/** What a resolver said, as far as a probe cares. */
export type DnsAnswer = {
  readonly id: number
  /** RFC 1035 §4.1.1: 0 no error, 2 server failure, 3 no such name, 5 refused. */
  readonly rcode: number
  /** IPv4 addresses, as many as were given. */
  readonly addresses: readonly string[]
}

const HEADER = 12
const TYPE_A = 1
const CLASS_IN = 1
const RECURSION_DESIRED = 0x0100

/**
 * A question for the address of `name` (RFC 1035 §4.1).
 * @param id 0 to 65535
 * @param name labels of ASCII, each of 63 characters at the most
 */
export const dnsQuestion = (id: number, name: string): Uint8Array => {
  const labels = name.split('.').map((label) => new TextEncoder().encode(label))
  const length = labels.reduce((sum, label) => sum + 1 + label.length, 1)
  const bytes = new Uint8Array(HEADER + length + 4)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, id)
  view.setUint16(2, RECURSION_DESIRED)
  view.setUint16(4, 1) // one question
  let at = HEADER
  for (const label of labels) {
    bytes[at] = label.length
    bytes.set(label, at + 1)
    at += 1 + label.length
  }
  view.setUint16(at + 1, TYPE_A) // behind the root's empty label
  view.setUint16(at + 3, CLASS_IN)
  return bytes
}

/** Reads an answer; null for what is none. One that is cut off has the addresses that are whole. */
export const parseDnsAnswer = (bytes: Uint8Array): DnsAnswer | null => {
  if (bytes.length < HEADER) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.getUint16(2)
  const isAnswer = (flags & 0x8000) !== 0
  if (!isAnswer) return null
  return { id: view.getUint16(0), rcode: flags & 0x000f, addresses: addressesIn(view) }
}

const addressesIn = (view: DataView): string[] => {
  const addresses: string[] = []
  let at = HEADER
  for (let question = view.getUint16(4); question > 0; question--) at = behindName(view, at) + 4
  for (let record = view.getUint16(6); record > 0; record--) {
    at = behindName(view, at)
    if (at + RECORD > view.byteLength) break
    const [type, length] = [view.getUint16(at), view.getUint16(at + 8)]
    at += RECORD
    if (at + length > view.byteLength) break
    if (type === TYPE_A && length === 4)
      addresses.push([0, 1, 2, 3].map((i) => view.getUint8(at + i)).join('.'))
    at += length
  }
  return addresses
}

/** Type, class, time to live and length of a record (RFC 1035 §4.1.3). */
const RECORD = 10

/** Where a name ends: at its empty label, or behind a pointer to the rest of it (RFC 1035 §4.1.4). */
const behindName = (view: DataView, from: number): number => {
  let at = from
  while (at < view.byteLength) {
    const length = view.getUint8(at)
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
  return at
}
