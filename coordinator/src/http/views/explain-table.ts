import type { Table } from '../table/table.ts'
import { wrap } from '../table/wrap.ts'
import type { EntryView } from './entries.ts'
import type { Explained, Explanation } from './explain.ts'

/** Time and id of an entry leave this much of a screen for what it says. */
const WIDTH = 54

/** The chain for people: evidence, then causes, then the entry and below each entry what it led to. Long texts go on below. */
export const explanationParts = ({ causes, evidence, entry }: Explanation): (Table | string)[] => {
  const rows = [
    ...evidence.flatMap((view) => rowsOf(view, '· ')),
    ...causes.flatMap((view) => rowsOf(view, '↓ ')),
    ...treeRows(entry, 0),
  ]
  return [
    `why, and what came of it (${entry.at.slice(0, 10)}, UTC; · evidence, ↓ cause, ● this, → effect)`,
    { head: ['AT', 'WHAT', 'ID'], rows, whole: [0, 2] },
  ]
}

const treeRows = (explained: Explained, depth: number): string[][] => [
  ...rowsOf(explained, depth === 0 ? '● ' : `${'  '.repeat(depth)}→ `),
  ...explained.effects.flatMap((effect) => treeRows(effect, depth + 1)),
]

const rowsOf = (view: EntryView, prefix: string): string[][] => {
  const text = `${view.node ? `${view.node}: ` : ''}${view.summary}`
  const indent = ' '.repeat(prefix.length)
  return wrap(text.replaceAll('\n', ' '), Math.max(20, WIDTH - prefix.length))
    .split('\n')
    .map((line, i) => (i === 0 ? [view.at.slice(11, 23), prefix + line, view.id] : ['', indent + line, '']))
}
