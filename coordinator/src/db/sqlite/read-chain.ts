import { type ChainHead, GENESIS, verifyChain } from '../../audit/chain.ts'
import type { Slices } from '../slices.ts'
import type { ChainReport } from '../store.ts'
import type { JournalRows } from './journal-rows.ts'

const MOST_TEXTS = 2000
const ROWS_A_SLICE = 500

/** The next texts after a position, a few thousand of them; none at the end. */
export const readChunk = (rows: JournalRows, after: number): string[] => {
  const texts: string[] = []
  for (const row of rows.after(after)) {
    if (row.texts) texts.push(...row.texts.slice(Math.max(0, after + 1 - row.first)))
    if (texts.length >= MOST_TEXTS) break
  }
  return texts
}

/** Verifies the whole chain up to where it ends now. */
export function* verifyAll(rows: JournalRows): Slices<ChainReport> {
  let head: ChainHead = { pos: 0, hash: GENESIS }
  for (;;) {
    const verdict = verifyChain(firstOf(rows.after(head.pos), ROWS_A_SLICE), head)
    if (!verdict.ok) return verdict
    if (verdict.pos === head.pos) return { ok: true, pos: head.pos, hash: head.hash.toString('hex') }
    head = verdict
    yield
  }
}

function* firstOf<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count
  for (const item of items) {
    yield item
    if (--left === 0) return
  }
}
