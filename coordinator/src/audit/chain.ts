import { hash } from 'node:crypto'
import { peekEntry } from './entry.ts'

/** What the first entry is chained to. */
export const GENESIS: Buffer = Buffer.alloc(32)

/** sha256(previous ‖ bytes): each entry's hash vouches for every entry before it. */
export const link = (previous: Uint8Array, bytes: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([previous, bytes]), 'buffer')

/** The hash after `texts` in their order. */
export const linkAll = (previous: Buffer, texts: Iterable<string>): Buffer => {
  let last = previous
  for (const text of texts) last = link(last, Buffer.from(text))
  return last
}

/** Consecutive entries as they are stored: with the hash after the last of them, and their texts unless pruned. */
export type ChainRow = {
  readonly first: number
  readonly last: number
  readonly hash: Buffer
  /** Null when only positions and hash were kept. */
  readonly texts: readonly string[] | null
}

export type ChainHead = { readonly pos: number; readonly hash: Buffer }

/** Where a chain breaks: entries `pos`…`last` are not the ones that were written there. */
export type ChainFault = {
  readonly pos: number
  readonly last: number
  readonly fault: 'removed' | 'reordered' | 'changed'
}

export type ChainVerdict = ({ readonly ok: true } & ChainHead) | ({ readonly ok: false } & ChainFault)

/**
 * Follows a chain from `from` and says where it first breaks. A pruned run is taken at its word: its hash carries the
 * chain on. Rows that were packed together have one hash, so a change within them is known to the run.
 */
export const verifyChain = (
  rows: Iterable<ChainRow>,
  from: ChainHead = { pos: 0, hash: GENESIS },
): ChainVerdict => {
  let head = from
  for (const row of rows) {
    const fault = faultOf(row, head)
    if (fault) return { ok: false, ...fault }
    head = { pos: row.last, hash: row.hash }
  }
  return { ok: true, ...head }
}

const faultOf = (row: ChainRow, head: ChainHead): ChainFault | null => {
  const expected = head.pos + 1
  if (row.first > expected) return { pos: expected, last: row.first - 1, fault: 'removed' }
  if (row.first < expected) return { pos: row.first, last: row.last, fault: 'reordered' }
  if (row.texts === null) return null
  return faultWithin(row.texts, row) ?? (linkAll(head.hash, row.texts).equals(row.hash) ? null : changed(row))
}

const faultWithin = (texts: readonly string[], row: ChainRow): ChainFault | null => {
  for (const [i, text] of texts.entries()) {
    const pos = row.first + i
    const found = peekEntry(text)
    if (!found) return { pos, last: pos, fault: 'changed' }
    if (found.pos !== pos) return { pos, last: row.last, fault: found.pos > pos ? 'removed' : 'reordered' }
  }
  const end = row.first + texts.length
  return end <= row.last ? { pos: end, last: row.last, fault: 'removed' } : null
}

const changed = ({ first, last }: ChainRow): ChainFault => ({ pos: first, last, fault: 'changed' })
