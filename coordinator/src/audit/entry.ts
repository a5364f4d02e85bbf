import type { Entry } from '../world/input.ts'

export type { Entry, EntryKind } from '../world/input.ts'

/**
 * The canonical text of an entry: JSON on one line with the keys in this order. What is hashed is what is stored, byte
 * for byte (UTF-8); nothing is ever serialised a second time.
 */
export const entryText = ({ pos, id, site, at, mono, epoch, kind, node, cause, body }: Entry): string =>
  JSON.stringify({ pos, id, site, at, mono, epoch, kind, node, cause, body })

/** The canonical bytes of an entry: its text as UTF-8. */
export const entryBytes = (entry: Entry): Buffer => Buffer.from(entryText(entry))

/** An entry from its canonical text, which our own journal vouches for. */
export const parseEntry = (text: string): Entry => JSON.parse(text) as Entry

const HEAD = /^\{"pos":(\d+),"id":"([^"]*)"/

/** Position and id of a canonical text without reading the rest of it; null when it is no such text. */
export const peekEntry = (text: string): { readonly pos: number; readonly id: string } | null => {
  const [, pos, id] = HEAD.exec(text) ?? []
  return pos === undefined || id === undefined ? null : { pos: Number(pos), id }
}
