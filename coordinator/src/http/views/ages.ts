import { elapsed, type Instant, rfc3339 } from '@infra-home/shared/clock.ts'
import type { NodeWorld, Seen } from '../../world/node.ts'

export type Aged = { readonly at: string | null; readonly ageMs: number | null; readonly stale: boolean }

/** When something was seen, how long ago that is, and whether its node still vouches for it. */
export const aged = (node: NodeWorld, seen: Seen | null, now: Instant): Aged =>
  seen === null
    ? { at: null, ageMs: null, stale: true }
    : {
        at: rfc3339(seen.wall),
        ageMs: Math.max(0, Math.round(elapsed(seen.mono, now.mono))),
        stale: node.presence !== 'online',
      }
