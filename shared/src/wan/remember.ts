import type { Instant, MonoMs, WallMs } from '../clock.ts'
import type { Override, Track, WanEvent, WanState } from './state.ts'
import { brokeAgain } from './unrest.ts'

/** The state after an event; what is decided then is `decideWan`'s business. Pure. */
export const remember = (state: WanState, event: WanEvent, now: Instant): WanState => {
  switch (event.kind) {
    case 'path':
      return withTrack(
        { ...state, hasWishBroken: state.hasWishBroken || breaksWish(state, event) },
        event.uplink,
        now.mono,
        (track) => moved(track, event, now.mono),
      )
    case 'usage':
      return withTrack(state, event.uplink, now.mono, (track) => ({ ...track, usedBytes: event.usedBytes }))
    case 'phone':
      return withTrack(state, event.uplink, now.mono, (track) => ({ ...track, phone: event.phone }))
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
      return { ...state, ordered: null, failed: { times: (state.failed?.times ?? 0) + 1, at: now.mono } }
    case 'time':
      return expired(state, now)
  }
}

/** The same wish may be said again; another one begins anew. */
const wished = (state: WanState, override: Override | null): WanState => ({
  ...state,
  override,
  hasWishBroken: state.hasWishBroken && isSameWish(state.override, override),
})

const isSameWish = (a: Override | null, b: Override | null): boolean =>
  a?.uplink === b?.uplink && a?.by === b?.by && a?.reason === b?.reason && a?.until === b?.until

/** Whether what was read back is news: an order that is under way is answered by what became of it, not by what was so before. Pure. */
export const isNews = ({ active, ordered }: WanState, readBack: string | null): boolean =>
  readBack !== active || (ordered !== null && readBack === ordered.to)

const applied = (state: WanState, uplink: string | null, now: MonoMs): WanState => {
  const settled = { ...state, active: uplink, ordered: null, failed: null }
  return uplink === null ? settled : withTrack(settled, uplink, now, (track) => track)
}

/** The state without holds and wishes that have ended by now. Pure. */
export const expired = (state: WanState, { wall }: Instant): WanState => ({
  ...(hasEnded(state.override, wall) ? wished(state, null) : state),
  hold: hasEnded(state.hold, wall) ? null : state.hold,
})

const hasEnded = (wish: { readonly until: WallMs | null } | null, now: WallMs): boolean =>
  wish !== null && wish.until !== null && now >= wish.until

const unheard = (now: MonoMs): Track => ({
  state: 'unknown',
  cause: null,
  since: now,
  provenAt: null,
  usedBytes: null,
  phone: null,
  unrest: null,
})

const withTrack = (state: WanState, id: string, now: MonoMs, change: (track: Track) => Track): WanState => ({
  ...state,
  uplinks: { ...state.uplinks, [id]: change(state.uplinks[id] ?? unheard(now)) },
})

type PathEvent = Extract<WanEvent, { kind: 'path' }>

/** A path that dies, or of which nothing is known any more, has broken; one that is put away has not. */
const breaks = (track: Track | undefined, { state, cause }: PathEvent): boolean =>
  (track?.state === 'up' || track?.state === 'degraded') &&
  (state === 'down' || (state === 'unknown' && cause !== 'asleep'))

/** An agent that starts knows nothing for a moment: that ends no wish. */
const breaksWish = ({ override, uplinks }: WanState, event: PathEvent): boolean =>
  override?.uplink === event.uplink && event.state === 'down' && breaks(uplinks[event.uplink], event)

/** A path that breaks after it worked is one break more; one that was never up only is not there yet. */
const moved = (track: Track, event: PathEvent, now: MonoMs): Track => {
  const { state, cause, isWarned = false, provenAt } = event
  const isSame = state === track.state && (cause === 'asleep') === (track.cause === 'asleep')
  return {
    ...track,
    state,
    cause,
    isWarned,
    provenAt: provenAt ?? track.provenAt,
    since: isSame ? track.since : now,
    unrest: breaks(track, event) ? brokeAgain(track.unrest, now) : track.unrest,
  }
}
