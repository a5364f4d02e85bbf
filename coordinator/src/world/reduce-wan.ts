import { type Instant, type MonoMs, monoMs, rfc3339, seconds, wallMs } from '@infra-home/shared/clock.ts'
import type { SwitchedEvent, WanRouterState } from '@infra-home/shared/messages/wan.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import { isNews, remember } from '@infra-home/shared/wan/remember.ts'
import type { Standing } from '@infra-home/shared/wan/standing.ts'
import { heardStanding } from '@infra-home/shared/wan/told-standing.ts'
import type { Switch, WanEvent } from '@infra-home/shared/wan/state.ts'
import type { EntryBodies } from './input.ts'
import { lastHoldAfter } from './last-hold.ts'
import { isAfter, type NodeWorld, type Order, type Seen, stateOf } from './node.ts'
import type { WanRecord, WanWorld } from './wan.ts'
import type { World } from './world.ts'

const HISTORY_KEPT = 50

type At = { readonly id: string; readonly now: Instant; readonly seen: Seen }

/** Takes into the world what the router said of its uplinks, when it was news. */
export const reduceWanMessage = (
  world: World,
  node: NodeWorld,
  { said }: EntryBodies['message'],
  at: At,
): void => {
  const { wan } = world
  if (node.name !== wan.router) return
  switch (said.kind) {
    case 'state': {
      const fact = node.states[`${said.state}/${said.id}`]
      if (fact?.by !== at.id || said.message.body === null) return
      const { body, mono } = said.message
      if (said.state === 'path') reducePath(wan, said.id, { body: body as UplinkPathState, mono }, at)
      if (said.state === 'wan') reduceRouter(wan, body as WanRouterState, at.now)
      return
    }
    case 'event':
      if (said.event === 'switched')
        reduceSwitched(wan, said.message.body as SwitchedEvent, {
          ...at,
          isHistory: isBefore(said.message, stateOf(node, 'wan', 'main')),
        })
      return
    case 'res': {
      const { command, outcome, reason } = said.message
      const record = wan.history.find(({ id }) => id === command)
      if (record?.ok === null && outcome === 'refused') failed(wan, record, reason ?? 'refused', at.now)
      return
    }
    case '$birth':
    case '$state':
    case 'have':
  }
}

const hear = (wan: WanWorld, event: WanEvent, now: Instant): void => {
  wan.state = remember(wan.state, event, now)
}

const reducePath = (
  wan: WanWorld,
  uplink: string,
  { body, mono }: { readonly body: UplinkPathState; readonly mono: number },
  { now, seen }: At,
): void => {
  const { state, cause, isWarned, provenMono, standing: told } = body
  /** The router's monotonic clock in ours: both are of one boot, or the difference says nothing. */
  const ours = (theirs: number): MonoMs => monoMs(seen.mono - (mono - theirs))
  const provenAt = provenMono === null || !seen.corrected ? null : ours(provenMono)
  const standing =
    told && seen.corrected ? sameBreak(heardStanding(told, ours), wan.state.uplinks[uplink]) : undefined
  hear(
    wan,
    { kind: 'path', uplink, state, cause, isWarned, provenAt, standing },
    { ...now, mono: seen.corrected ? seen.mono : now.mono },
  )
}

/** The router's clock comes out a few milliseconds differently with each message: a break that is told again is none more. */
const SAME_BREAK = seconds(10)

const sameBreak = (standing: Standing, known: Standing | undefined): Standing => {
  const [before, now] = [known?.unrest ?? null, standing.unrest]
  if (!before || !now || before.breaks !== now.breaks) return standing
  return Math.abs(before.at - now.at) < SAME_BREAK ? { ...standing, unrest: before } : standing
}

const reduceRouter = (wan: WanWorld, { active }: WanRouterState, now: Instant): void => {
  if (isNews(wan.state, active)) hear(wan, { kind: 'applied', uplink: active }, now)
}

/** What the router told late: it has said since where its traffic goes. */
const isBefore = (
  { session, seq }: { readonly session: number; readonly seq: number | null },
  newest: Order | null,
): boolean => newest !== null && isAfter(newest, { session, seq: seq ?? 0 })

const reduceSwitched = (
  wan: WanWorld,
  event: SwitchedEvent,
  { id, now, seen, isHistory }: At & { readonly isHistory: boolean },
): void => {
  const { command, by, from, to, reason, ok, error, swept, tookMs } = event
  const known = command !== null && wan.history.some((record) => record.id === command)
  const outcome = { ok, error, swept, tookMs }
  if (known) note(wan, command, outcome)
  else
    keep(wan, {
      id,
      at: rfc3339(wallMs(seen.wall - tookMs)),
      toldAt: rfc3339(now.wall),
      by,
      from,
      to,
      reason,
      ...outcome,
    })
  if (ok) wan.switches[reason] = (wan.switches[reason] ?? 0) + 1
  if (!isHistory) hear(wan, { kind: ok ? 'applied' : 'not-applied', uplink: to }, now)
}

const failed = (wan: WanWorld, { id, to }: WanRecord, error: string, now: Instant): void => {
  note(wan, id, { ok: false, error })
  hear(wan, { kind: 'not-applied', uplink: to }, now)
}

const note = (wan: WanWorld, id: string, outcome: Partial<WanRecord>): void => {
  wan.history = wan.history.map((record) => (record.id === id ? { ...record, ...outcome } : record))
}

const keep = (wan: WanWorld, record: WanRecord): void => {
  const later = wan.history.filter(({ at }) => at > record.at)
  const before = wan.history.filter(({ at }) => at <= record.at)
  wan.history = [...before, record, ...later].slice(-HISTORY_KEPT)
}

/** Traffic is to move, by decision of ours. */
export const reduceWanDecision = (
  wan: WanWorld,
  { from, to, reason }: Switch,
  at: Omit<At, 'seen'>,
): void => {
  const unknown = { ok: null, error: null, swept: null, tookMs: null }
  const now = rfc3339(at.now.wall)
  keep(wan, { id: at.id, at: now, toldAt: now, by: 'coordinator', from, to, reason, ...unknown })
  hear(wan, { kind: 'ordered', from, to, reason }, at.now)
}

/** An order that could not even be said. */
export const reduceWanStep = (world: World, decidedBy: string, error: string, now: Instant): void => {
  const record = world.wan.history.find(({ id }) => id === decidedBy)
  if (record?.ok === null) failed(world.wan, record, error, now)
}

/** What a person wishes of the uplinks. */
export const reduceWanRequest = ({ wan }: World, event: WanEvent, at: Omit<At, 'seen'>): void => {
  wan.lastHold = lastHoldAfter(wan.lastHold, event, at)
  hear(wan, event, at.now)
}
