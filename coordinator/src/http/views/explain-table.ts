import type { Table } from '../table/table.ts'
import { wrap } from '../table/wrap.ts'
import type { EntryView } from './entries.ts'
import type { Explained, Explanation } from './explain.ts'

/** Time and id of an entry leave this much of a screen for what it says. */
const WIDTH = 54

/**
 * The chain for people: causes, the entry, and below each entry what it led to; evidence where it came in between.
 * Long texts go on below.
 */
export const explanationParts = ({ causes, evidence, entry }: Explanation): (Table | string)[] => {
  const chain = [...causes.map((view) => tell(view, '↓ ')), ...treeOf(entry, 0)]
  const rows = evidence
    .map((view) => tell(view, '· '))
    .reduce<readonly Told[]>(inTime, chain)
    .flatMap((told) => told.rows)
  return [
    `why, and what came of it (${entry.at.slice(0, 10)}, UTC; · evidence, ↓ cause, ● this, → effect)`,
    { head: ['AT', 'WHAT', 'ID'], rows, whole: [0, 2] },
  ]
}

/** An entry in the rows that it takes. */
type Told = { readonly pos: number; readonly rows: readonly string[][] }

const tell = (view: EntryView, prefix: string): Told => ({ pos: view.pos, rows: rowsOf(view, prefix) })

/** Before the first that is later, so that the story reads downwards. */
const inTime = (story: readonly Told[], one: Told): readonly Told[] => {
  const at = story.findIndex(({ pos }) => pos > one.pos)
  return story.toSpliced(at < 0 ? story.length : at, 0, one)
}

const treeOf = (explained: Explained, depth: number): Told[] => [
  tell(explained, depth === 0 ? '● ' : `${'  '.repeat(depth)}→ `),
  ...explained.effects.flatMap((effect) => treeOf(effect, depth + 1)),
]

const rowsOf = (view: EntryView, prefix: string): string[][] => {
  const text = `${view.node ? `${view.node}: ` : ''}${view.summary}`
  const indent = ' '.repeat(prefix.length)
  return wrap(text.replaceAll('\n', ' '), Math.max(20, WIDTH - prefix.length))
    .split('\n')
    .map((line, i) => (i === 0 ? [view.at.slice(11, 23), prefix + line, view.id] : ['', indent + line, '']))
}
