/** What a resolver said, as far as a probe cares. */
export type DnsAnswer = {
  readonly id: number
  /** RFC 1035 §4.1.1: 0 no error, 2 server failure, 3 no such name, 5 refused. */
  readonly rcode: number
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

/** Reads the head of an answer; null for what is none. */
export const parseDnsAnswer = (bytes: Uint8Array): DnsAnswer | null => {
  if (bytes.length < HEADER) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.getUint16(2)
  const isAnswer = (flags & 0x8000) !== 0
  return isAnswer ? { id: view.getUint16(0), rcode: flags & 0x000f } : null
}
