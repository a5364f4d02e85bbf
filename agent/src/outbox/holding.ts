import type { LiveEntry } from './entry.ts'
import type { Ledger } from './ledger.ts'
import type { Shelf } from './shelf.ts'

/** Counts entries that went to, or from, a file. */
export const countLive = (shelf: Shelf, name: string, by: number): void => {
  const segment = shelf.get(name)
  if (segment) segment.live += by
}

/** Takes out of the ledger what `goes` says, settled or lost, and returns it; the files know. */
export const takeOut = (
  { ledger, shelf }: { readonly ledger: Ledger; readonly shelf: Shelf },
  goes: (entry: LiveEntry) => boolean,
): LiveEntry[] => {
  const gone = ledger.remove(goes)
  for (const { place } of gone) if (place.kind === 'disk') countLive(shelf, place.segment, -1)
  return gone
}

/** An entry as retention sees it. */
export const droppable = ({ urgency, bytes, place }: LiveEntry) => ({
  urgency,
  bytes,
  shelf: place.kind === 'disk' ? place.segment : null,
})
