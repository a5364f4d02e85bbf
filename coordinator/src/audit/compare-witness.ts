import type { Witness } from '@infra-home/shared/messages/witness.ts'

/** The journal's end, and its hash where somebody else has seen it: null beyond the end, `pruned` within what was dropped. */
export type Seen = { readonly head: number; readonly hash: string | null }

/** From where on a journal is known to be another than the one before: it was restored from a backup at that position. */
export type Restored = { readonly position: number; readonly at: string }

export type Comparison =
  | { readonly verdict: 'agrees' }
  /** What was seen there is no longer known. */
  | { readonly verdict: 'unknown' }
  /** The journal ends, or was restored, before what was seen. */
  | { readonly verdict: 'shorter'; readonly from: number; readonly missing: number }
  | { readonly verdict: 'rewritten'; readonly found: string }

/**
 * What a node has seen of the journal against the journal itself. One that ends earlier was restored from an older backup;
 * what was seen before that, of positions that have come anew since, is no forgery either.
 */
export const compareWitness = (
  { position, hash, at }: Witness,
  seen: Seen,
  restored: readonly Restored[] = [],
): Comparison => {
  if (seen.hash === hash) return { verdict: 'agrees' }
  if (position > seen.head) return { verdict: 'shorter', from: seen.head, missing: position - seen.head }
  if (seen.hash === null || seen.hash === 'pruned') return { verdict: 'unknown' }
  const restore = restored.find((one) => position > one.position && Date.parse(at) <= Date.parse(one.at))
  if (restore) return { verdict: 'shorter', from: restore.position, missing: position - restore.position }
  return { verdict: 'rewritten', found: seen.hash }
}
