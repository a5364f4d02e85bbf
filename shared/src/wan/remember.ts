import { type Instant, later, type MonoMs, seconds, type WallMs } from '../clock.ts'
import { failedAgain, forgiven } from './refusals.ts'
import { brokeSince, standingAfter, unheard } from './standing.ts'
import type { Override, Switch, Track, WanEvent, WanState } from './state.ts'

/** The state after an event; what is decided then is `decideWan`'s business. Pure. */
export const remember = (state: WanState, event: WanEvent, now: Instant): WanState => {
  switch (event.kind) {
    case 'path':
      return heardPath(state, event, now.mono)
    case 'usage':
      return withTrack(state, event.uplink, now.mono, (track) => ({ ...track, usedBytes: event.usedBytes }))
    case 'hold':
      return { ...state, hold: event.hold }
    case 'release':
      return { ...state, hold: null }
    case 'override':
      return wished(state, event.override)
    case 'end-override':
      return wished(state, null)
    case 'applied':
      return applied(state, event.uplink, now.mono)
    case 'not-applied':
      return notApplied(state, event.uplink, now.mono)
    case 'ordered':
      return ordered(expired(state, now), event, now.mono)
  }
}

/** The same wish may be said again; another one begins anew, whatever came to nothing before it. */
const wished = (state: WanState, override: Override | null): WanState => {
  if (isSameWish(state.override, override)) return { ...state, override }
  return {
    ...state,
    override,
    hasWishBroken: false,
    failed: forgiven(state.failed, override?.uplink ?? null),
  }
}

const isSameWish = (a: Override | null, b: Override | null): boolean =>
  a?.uplink === b?.uplink && a?.by === b?.by && a?.reason === b?.reason && a?.until === b?.until

/** Whether what was read back is news: an order that is under way is answered by what became of it, not by what was so before. Pure. */
export const isNews = ({ active, ordered }: WanState, readBack: string | null): boolean =>
  readBack !== active || (ordered !== null && readBack === ordered.to)

const applied = (state: WanState, uplink: string | null, now: MonoMs): WanState => {
  const settled = { ...state, active: uplink, ordered: null, failed: forgiven(state.failed, uplink) }
  return uplink === null ? settled : withTrack(settled, uplink, now, (track) => track)
}

const notApplied = (state: WanState, uplink: string, now: MonoMs): WanState => ({
  ...state,
  ordered: state.ordered?.to === uplink ? null : state.ordered,
  failed: failedAgain(state.failed, uplink, now),
})

const ordered = (state: WanState, { from, to, reason }: Switch, at: MonoMs): WanState => ({
  ...state,
  ordered: { from, to, reason, at },
})

/** How long something is to be heard of an order. */
const ORDER_PATIENCE = seconds(5)

/** The order that is under way, and until when; null for none, and for one of which nothing was heard in time. Pure. */
export const orderUnderWay = (
  { ordered }: Pick<WanState, 'ordered'>,
  now: MonoMs,
): { readonly order: Switch; readonly until: MonoMs } | null => {
  const until = ordered && later(ordered.at, ORDER_PATIENCE)
  return until !== null && ordered && now < until ? { order: ordered, until } : null
}

/** The state without holds and wishes that have ended by now; an order of which nothing was heard in time has failed. Pure. */
export const expired = (state: WanState, { wall, mono }: Instant): WanState => {
  const { ordered } = state
  const answered = ordered && !orderUnderWay(state, mono) ? notApplied(state, ordered.to, ordered.at) : state
  return {
    ...(hasEnded(state.override, wall) ? wished(answered, null) : answered),
    hold: hasEnded(state.hold, wall) ? null : state.hold,
  }
}

/**
 * What whoever begins anew goes on from: what people wish, what refused traffic, and how often paths broke; what is used, and what paths are worth, he
 * has to see. Pure.
 */
export const begunAnew = (state: WanState, { mono }: Instant): WanState => ({
  ...state,
  active: null,
  ordered: null,
  uplinks: Object.fromEntries(
    Object.entries(state.uplinks).map(([id, { unrest }]) => [id, { ...unseen(mono), unrest }]),
  ),
})

/** Whether a hold keeps all as it is. It keeps what there is: where nothing is used yet, as after a power cut, one is chosen. Pure. */
export const isKept = ({
  hold,
  active,
}: {
  readonly hold: object | null
  readonly active: string | null
}): boolean => hold !== null && active !== null

const hasEnded = (wish: { readonly until: WallMs | null } | null, now: WallMs): boolean =>
  wish !== null && wish.until !== null && now >= wish.until

const unseen = (now: MonoMs): Track => ({ ...unheard(now), provenAt: null, usedBytes: null, phone: null })

const withTrack = (state: WanState, id: string, now: MonoMs, change: (track: Track) => Track): WanState => ({
  ...state,
  uplinks: { ...state.uplinks, [id]: change(state.uplinks[id] ?? unseen(now)) },
})

type PathEvent = Extract<WanEvent, { kind: 'path' }>

/** A path that breaks after it worked ends a wish for it, until it has been whole for long enough; an agent that starts, and knows nothing yet, ends none. */
const heardPath = (state: WanState, event: PathEvent, now: MonoMs): WanState => {
  const { uplink, state: word, cause, isWarned = false, provenAt } = event
  const known = state.uplinks[uplink]
  const track = known ?? unseen(now)
  const standing = event.standing ?? standingAfter(track, event, now)
  const isWishBroken = state.override?.uplink === uplink && brokeSince(track.unrest, standing.unrest)
  return withTrack(
    { ...state, hasWishBroken: state.hasWishBroken || (known !== undefined && isWishBroken) },
    uplink,
    now,
    () => ({ ...track, state: word, cause, isWarned, provenAt: provenAt ?? track.provenAt, ...standing }),
  )
}
