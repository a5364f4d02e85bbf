import { type Entry, parseEntry } from '../../audit/entry.ts'

type NumbersEntry = Extract<Entry, { kind: 'numbers' }>

/** Every number of a batch: of which thing, what, when (milliseconds), how much; null is unknown. */
export type Reading = {
  readonly node: string
  readonly key: string
  readonly metric: string
  readonly at: number
  readonly value: number | null
}

export function* readingsOf(text: string): Generator<Reading> {
  const { body } = parseEntry(text) as NumbersEntry
  const { node, numbers } = body.message
  for (const [key, metrics] of Object.entries(numbers))
    for (const [metric, value] of Object.entries(metrics))
      if (value === null || typeof value === 'number') yield { node, key, metric, at: body.seen.wall, value }
}

/** The texts that may be of `node`, without reading all of each. */
export const textsOf = (texts: readonly string[], node: string): string[] => {
  const mark = `"kind":"numbers","node":${JSON.stringify(node)},`
  return texts.filter((text) => text.includes(mark))
}
