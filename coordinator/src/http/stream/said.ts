import { isUlid } from '@infra-home/shared/ulid.ts'
import type { Entry } from '../../world/input.ts'
import type { Journal } from '../journal.ts'
import { entryView } from '../views/entries.ts'

/** A client that has this much waiting does not read: it is let go, and may resume. */
export const MOST_WAITING_BYTES = 4 * 1024 * 1024
export const HEARTBEAT_MS = 15_000

const texts = new WeakMap<Entry, string>()

/** An entry as JSON, made once for all who listen. */
export const entryJson = (entry: Entry): string => {
  const known = texts.get(entry)
  if (known !== undefined) return known
  const text = JSON.stringify(entryView(entry))
  texts.set(entry, text)
  return text
}

/** Where to go on: `unknown` for an id that nobody knows (any more); null when there is none. */
export const resumeAt = async (
  journal: Pick<Journal, 'entry'>,
  id: string | undefined,
): Promise<number | 'unknown' | null> => {
  if (id === undefined || id === '') return null
  return (isUlid(id) ? (await journal.entry(id))?.pos : undefined) ?? 'unknown'
}

/** What a client is told that asked for more of the past than there is. */
export const GAP = { gap: 'what came after that is not kept any more; what comes now follows' } as const
