import type { Instant, MonoMs, WallMs } from '../clock.ts'
import type { Track, WanEvent, WanState } from './state.ts'
import { brokeAgain } from './unrest.ts'

/** The state after an event; what is decided then is `decideWan`'s business. Pure. */
export const remember = (state: WanState, event: WanEvent, now: Instant): WanState => {
  switch (event.kind) {
    case 'path':
      return withTrack(state, event.uplink, now.mono, (track) => moved(track, event, now.mono))
    case 'usage':
      return withTrack(state, event.uplink, now.mono, (track) => ({ ...track, usedBytes: event.usedBytes }))
    case 'phone':
      return withTrack(state, event.uplink, now.mono, (track) => ({ ...track, phone: event.phone }))
    case 'hold':
      return { ...state, hold: event.hold }
    case 'release':
      return { ...state, hold: null }
    case 'override':
      return { ...state, override: event.override }
    case 'end-override':
      return { ...state, override: null }
    case 'applied':
      return applied(state, event.uplink, now.mono)
    case 'not-applied':
      return { ...state, ordered: null, failed: { times: (state.failed?.times ?? 0) + 1, at: now.mono } }
    case 'time':
      return expired(state, now)
  }
}

/** Whether what was read back is news: an order that is under way is answered by what became of it, not by what was so before. Pure. */
export const isNews = ({ active, ordered }: WanState, readBack: string | null): boolean =>
  readBack !== active || (ordered !== null && readBack === ordered.to)

const applied = (state: WanState, uplink: string | null, now: MonoMs): WanState => {
  const settled = { ...state, active: uplink, ordered: null, failed: null }
  return uplink === null ? settled : withTrack(settled, uplink, now, (track) => track)
}

/** The state without holds and wishes that have ended by now. Pure. */
export const expired = (state: WanState, { wall }: Instant): WanState => ({
  ...state,
  hold: hasEnded(state.hold, wall) ? null : state.hold,
  override: hasEnded(state.override, wall) ? null : state.override,
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

/** A path that breaks after it worked is one break more; one that was never up only is not there yet. */
const moved = (
  track: Track,
  { state, cause, isWarned = false, provenAt }: Extract<WanEvent, { kind: 'path' }>,
  now: MonoMs,
): Track => {
  const isSame = state === track.state && (cause === 'asleep') === (track.cause === 'asleep')
  const broke = state === 'down' && (track.state === 'up' || track.state === 'degraded')
  return {
    ...track,
    state,
    cause,
    isWarned,
    provenAt: provenAt ?? track.provenAt,
    since: isSame ? track.since : now,
    unrest: broke ? brokeAgain(track.unrest, now) : track.unrest,
  }
}
