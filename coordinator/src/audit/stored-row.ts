import { link } from './chain.ts'
import { peekEntry } from './entry.ts'

/** Consecutive entries as they lie on the disk, byte for byte. */
export type StoredRow = {
  readonly first: number
  readonly last: number
  /** The hash after the last of them. */
  readonly hash: Buffer
  /** Null when only positions and hash were kept; a text when the entries cannot be got out. */
  readonly entries: readonly Buffer[] | string | null
  /** What the columns that entries are found by say differently from the entries; null when they agree. */
  readonly misfiled: { readonly expected: string; readonly found: string } | null
}

/** The entries, if they can be read. */
export const entriesOf = (row: StoredRow | null): readonly Buffer[] | null =>
  Array.isArray(row?.entries) ? row.entries : null

/** The hash after all of a row's entries when `before` is the one before them; null when they cannot be read. */
export const leadsTo = (row: StoredRow | null, before: Buffer): Buffer | null =>
  entriesOf(row)?.reduce(link, before) ?? null

/** True when a row's own hash is the one that its entries lead to from `before`. */
export const follows = (row: StoredRow | null, before: Buffer): boolean =>
  row !== null && leadsTo(row, before)?.equals(row.hash) === true

/** The position that an entry says of itself; null when it is no entry. */
export const saidPosition = (entry: Buffer | undefined): number | null =>
  entry ? (peekEntry(entry.toString('utf8', 0, 128))?.pos ?? null) : null

/** By how much the positions in a row's entries are ahead of those where they lie; null when they differ among themselves. */
export const shiftOf = (row: StoredRow | null): number | null => {
  const entries = entriesOf(row)
  if (!row || !entries) return null
  const said = saidPosition(entries[0])
  const isInStep = entries.every((entry, i) => said !== null && saidPosition(entry) === said + i)
  return said !== null && isInStep ? said - row.first : null
}

/** Time (RFC 3339) and kind of a row's first entry, as far as they can still be read. */
export const whatIn = (row: StoredRow): { readonly at: string | null; readonly kind: string | null } => {
  const text = entriesOf(row)?.[0]?.toString() ?? ''
  return {
    at: /"at":"([^"]{1,40})"/.exec(text)?.[1] ?? null,
    kind: /"kind":"([a-z-]{1,40})"/.exec(text)?.[1] ?? null,
  }
}
