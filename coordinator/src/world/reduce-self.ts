import { fromRfc3339, type Instant } from '@infra-home/shared/clock.ts'
import type { EntryBodies } from './input.ts'
import type { SelfWorld } from './self.ts'

/** What the coordinator knows of itself, with what it has found out. */
export const reduceSelf = (
  before: SelfWorld,
  body: EntryBodies['system'],
  { id, now }: { readonly id: string; readonly now: Instant },
): SelfWorld => {
  switch (body.event) {
    case 'self': {
      const fact = { ok: body.ok, detail: body.detail, since: now.wall, sinceMono: now.mono, by: id }
      return { ...before, parts: { ...before.parts, [body.part]: fact } }
    }
    case 'newest-backup':
      return { ...before, backup: { at: body.at === null ? null : fromRfc3339(body.at), by: id, seen: now } }
    default:
      return before
  }
}
