import type { Store } from '../../db/store.ts'
import type { Entry } from '../../world/input.ts'
import { entryView, type EntryView } from './entries.ts'

/** An entry with what it led to. */
export type Explained = EntryView & { readonly effects: readonly Explained[] }

export type Explanation = {
  readonly id: string
  /** From the first cause down to the entry itself. */
  readonly causes: readonly EntryView[]
  /** The readings that decisions on the way rest on. */
  readonly evidence: readonly EntryView[]
  /** The entry, and everything that followed. */
  readonly entry: Explained
}

type Journal = Pick<Store, 'entry' | 'effectsOf'>

const LONGEST_CHAIN = 50
const MOST_EFFECTS = 100
const DEEPEST = 12

/** The causal chain of an entry, both ways; null when there is no such entry (any more). */
export const explain = async (journal: Journal, id: string): Promise<Explanation | null> => {
  const entry = await journal.entry(id)
  if (!entry) return null
  const causes = await causesOf(journal, entry)
  const budget = { left: MOST_EFFECTS }
  const effects = await effectsOf(journal, entry, { budget, depth: 0 })
  const evidence = await evidenceOf(journal, [...causes, entry, ...flatten(effects)])
  return {
    id,
    causes: causes.map(entryView),
    evidence: evidence.map(entryView),
    entry: { ...entryView(entry), effects: effects.map(toExplained) },
  }
}

const causesOf = async (journal: Journal, entry: Entry): Promise<Entry[]> => {
  const chain: Entry[] = []
  let cause = entry.cause
  while (cause !== null && chain.length < LONGEST_CHAIN) {
    const found = await journal.entry(cause)
    if (!found) break
    chain.unshift(found)
    cause = found.cause
  }
  return chain
}

type Branch = { readonly entry: Entry; readonly effects: readonly Branch[] }

const effectsOf = async (
  journal: Journal,
  entry: Entry,
  { budget, depth }: { readonly budget: { left: number }; readonly depth: number },
): Promise<Branch[]> => {
  if (depth >= DEEPEST || budget.left <= 0) return []
  const found = await journal.effectsOf(entry.id, budget.left)
  budget.left -= found.length
  const branches: Branch[] = []
  for (const effect of found)
    branches.push({ entry: effect, effects: await effectsOf(journal, effect, { budget, depth: depth + 1 }) })
  return branches
}

const flatten = (branches: readonly Branch[]): Entry[] =>
  branches.flatMap(({ entry, effects }) => [entry, ...flatten(effects)])

const toExplained = ({ entry, effects }: Branch): Explained => ({
  ...entryView(entry),
  effects: effects.map(toExplained),
})

const evidenceOf = async (journal: Journal, entries: readonly Entry[]): Promise<Entry[]> => {
  const shown = new Set(entries.map(({ id }) => id))
  const ids = new Set(entries.flatMap((entry) => (entry.kind === 'decision' ? entry.body.evidence : [])))
  const found = await Promise.all(
    [...ids]
      .filter((id) => !shown.has(id))
      .slice(0, MOST_EFFECTS)
      .map((id) => journal.entry(id)),
  )
  return found.filter((entry) => entry !== null).sort((a, b) => a.pos - b.pos)
}
