import { crc32 } from 'node:zlib'

/**
 * A segment file: four bytes that name the format and its version, then records
 * `[u32 length][u32 crc32 of the payload][payload: JSON in UTF-8]`, big-endian.
 */
export const SEGMENT_MAGIC: Uint8Array = new TextEncoder().encode('IHO1')

export const RECORD_HEADER_BYTES = 8
/** A length field beyond this is damage. It also keeps the first byte of a record 0, which JSON never contains. */
const MOST_PAYLOAD_BYTES = 1024 * 1024

export type SegmentRecord = { readonly offset: number; readonly length: number; readonly value: object }

/** A stretch that is no record any more; it lies before the record with the index `before`. */
export type BrokenSpot = { readonly offset: number; readonly length: number; readonly before: number }

export type DecodedSegment = {
  readonly records: readonly SegmentRecord[]
  readonly broken: readonly BrokenSpot[]
  /** Up to here the file may be kept and appended to. */
  readonly goodBytes: number
  /** A write was cut off at the end: what it brought was never durable, so nothing is lost. */
  readonly torn: boolean
}

export const encodeRecord = (json: string): Uint8Array => {
  const payload = new TextEncoder().encode(json)
  const record = new Uint8Array(RECORD_HEADER_BYTES + payload.length)
  const view = new DataView(record.buffer)
  view.setUint32(0, payload.length)
  view.setUint32(4, crc32(payload))
  record.set(payload, RECORD_HEADER_BYTES)
  return record
}

/**
 * Reads whatever `bytes` are, and never throws: a broken stretch is stepped over to the next whole record.
 * @param sealedAt where this segment is known to end well; null while it is the last one
 */
export const decodeSegment = (bytes: Uint8Array, sealedAt: number | null): DecodedSegment => {
  const file = sealedAt === null ? bytes : bytes.subarray(0, sealedAt)
  const records: SegmentRecord[] = []
  const broken: BrokenSpot[] = []
  let offset = Math.min(SEGMENT_MAGIC.length, file.length) // a damaged magic costs nothing while records follow it
  let torn = sealedAt === null && file.length < SEGMENT_MAGIC.length
  while (offset < file.length && !torn) {
    const record = recordAt(file, offset)
    if (record) {
      records.push(record)
      offset += record.length
      continue
    }
    const next = nextRecord(file, offset + 1)
    torn = next === file.length && sealedAt === null && isTorn(file.subarray(offset))
    if (!torn) broken.push({ offset, length: next - offset, before: records.length })
    if (!torn) offset = next
  }
  if (sealedAt !== null && file.length < sealedAt)
    broken.push({ offset, length: sealedAt - file.length, before: records.length })
  return { records, broken, goodBytes: torn && offset <= SEGMENT_MAGIC.length ? 0 : offset, torn }
}

/** The record that begins at `offset`, or null when no whole one does. */
export const recordAt = (bytes: Uint8Array, offset: number): SegmentRecord | null => {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset)
  const size = view.getUint32(0)
  const end = offset + RECORD_HEADER_BYTES + size
  if (size < 2 || size > MOST_PAYLOAD_BYTES || end > bytes.length) return null
  const payload = bytes.subarray(offset + RECORD_HEADER_BYTES, end)
  if (crc32(payload) !== view.getUint32(4)) return null
  const value = parseObject(payload)
  return value && { offset, length: end - offset, value }
}

const nextRecord = (bytes: Uint8Array, from: number): number => {
  for (let offset = from; offset < bytes.length; offset++)
    if (bytes[offset] === 0 && recordAt(bytes, offset)) return offset
  return bytes.length
}

/**
 * Whether `rest` may be the first part of a record: its length promises more than there is, and there is no whole
 * payload (then the length itself would be damaged). Some file systems leave zeros where data did not arrive.
 */
const isTorn = (rest: Uint8Array): boolean => {
  if (rest.length < RECORD_HEADER_BYTES || rest.every((byte) => byte === 0)) return true
  const size = new DataView(rest.buffer, rest.byteOffset).getUint32(0)
  const payload = rest.subarray(RECORD_HEADER_BYTES)
  return size <= MOST_PAYLOAD_BYTES && payload.length < size && parseObject(payload) === null
}

const parseObject = (bytes: Uint8Array): object | null => {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof value === 'object' ? value : null
  } catch {
    return null // not JSON: half a record, or none
  }
}
