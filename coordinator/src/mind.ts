import {
  type CancelTimer,
  type Clock,
  type Instant,
  elapsed,
  milliseconds,
  rfc3339,
} from '@infra-home/shared/clock.ts'
import { createAgenda } from './decide/agenda.ts'
import { decide } from './decide/decide.ts'
import type { Decision, Step } from './decide/decision.ts'
import type { Params } from './decide/policy.ts'
import { settle } from './decide/settle.ts'
import { deliveryCause } from './world/delivery-cause.ts'
import type { Entry, EntryBodies, EntryKind } from './world/input.ts'
import { reduce, SITE, type Touched } from './world/reduce.ts'
import { stepId } from './world/step.ts'
import { wanCause } from './world/wan-cause.ts'
import { subjectsOf } from './world/subjects-of.ts'
import type { World } from './world/world.ts'

/** A body on its way to become an entry. */
export type Draft<K extends EntryKind = EntryKind> = {
  [P in K]: {
    readonly kind: P
    readonly node?: string | null
    readonly cause?: string | null
    readonly body: EntryBodies[P]
  }
}[K]

export type MindOptions = {
  readonly world: World
  readonly params: Params
  readonly clock: Clock
  readonly newId: (wall: number) => string
  /** Called with every entry, in order: the journal and the live stream. */
  readonly record: (entry: Entry) => void
  /** Called with every step to begin; what becomes of it comes back through `take`. */
  readonly act: (step: Step, id: string, decidedBy: string) => void
}

/** Where everything that happens comes in, one after the other: entry → world → decisions → steps. */
export type Mind = {
  readonly world: World
  take(draft: Draft): Entry
  /** Looks at everything once, as after a start. */
  wake(): void
  stop(): void
}

export const createMind = ({ world, params, clock, newId, record, act }: MindOptions): Mind => {
  const agenda = createAgenda()
  let cancelTimer: CancelTimer = () => {}
  let armedFor: number | null = null

  const append = (draft: Draft, now: Instant): Entry => {
    const entry = {
      pos: world.position + 1,
      id: newId(now.wall),
      site: world.site,
      at: rfc3339(now.wall),
      mono: now.mono,
      epoch: world.epoch,
      kind: draft.kind,
      node: draft.node ?? null,
      cause: draft.cause ?? null,
      body: draft.body,
    } as Entry
    record(entry)
    return entry
  }

  const apply = (decision: Decision, trigger: string, now: Instant): Touched => {
    const node = 'node' in decision ? decision.node : null
    const entry = append({ kind: 'decision', node, cause: causeOf(decision, trigger), body: decision }, now)
    const touched = reduce(world, entry)
    decision.steps.forEach((step, i) => act(step, stepId(entry.id, i), entry.id))
    return touched
  }

  const follow = (subjects: readonly Touched[], trigger: string, now: Instant): void => {
    settle({ world, now, params }, subjects, {
      apply: (decision) => apply(decision, trigger, now),
      book: agenda.see,
    })
    arm()
  }

  /** Time has come for some subjects. The tick is journalled when it leads to a decision: else nothing happened. */
  const tick = (): void => {
    armedFor = null
    const now = clock.now()
    const due = agenda.due(now.mono)
    const leads = due.filter((subject) => {
      const { decisions, nextAt } = decide(world, subject, now, params)
      agenda.see(subject, nextAt)
      return decisions.length > 0
    })
    if (leads.length === 0) return arm()
    const entry = append({ kind: 'tick', body: { subjects: leads } }, now)
    reduce(world, entry)
    follow(leads, entry.id, now)
  }

  const arm = (): void => {
    const at = agenda.nextAt()
    if (at === null || (armedFor !== null && armedFor <= at)) return
    cancelTimer()
    armedFor = at
    cancelTimer = clock.after(milliseconds(Math.max(0, elapsed(clock.now().mono, at))), tick)
  }

  /** An acknowledgement goes on from what it answers. */
  const answered = ({ kind, body }: Draft): string | null => {
    if (kind === 'request' && body.request === 'acknowledge')
      return world.alerts[body.alertKey]?.decision ?? null
    return kind === 'message' ? (wanCause(world, body.said) ?? deliveryCause(world, body.said)) : null
  }

  return {
    world,
    take(draft) {
      const now = clock.now()
      const entry = append({ ...draft, cause: draft.cause ?? answered(draft) }, now)
      follow(subjectsOf(world, entry, reduce(world, entry)), entry.id, now)
      return entry
    },
    wake() {
      const now = clock.now()
      const subjects = [...new Set([SITE, ...Object.keys(world.nodes), ...Object.keys(world.alertKeys)])]
      const entry = append({ kind: 'tick', body: { subjects } }, now)
      reduce(world, entry)
      follow(subjects, entry.id, now)
    },
    stop: () => cancelTimer(),
  }
}

/** What a decision is filed under: the decision it goes on from, else the reading it rests on, else what set it off. */
export const causeOf = (decision: Decision, trigger: string): string =>
  decision.follows ?? decision.evidence[0] ?? trigger
