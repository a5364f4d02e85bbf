import { type Clock, elapsed, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { Asked, AskResult } from '@infra-home/shared/wan/layers.ts'
import { isSignOfLife } from '@infra-home/shared/wan/proof.ts'
import { type Pace, paceWhileUsed } from '@infra-home/shared/wan/pace.ts'
import { calmDueAt, nextAsks, NO_RHYTHM } from '@infra-home/shared/wan/rhythm.ts'
import {
  type ProbeMethod,
  type Silence,
  type SilenceEvent,
  type TrafficSeen,
  UNWATCHED,
} from '@infra-home/shared/wan/silence.ts'
import { watchSilence } from '@infra-home/shared/wan/watch-silence.ts'
import type { Probe, ProbeWay } from './probe.ts'
import { soonest } from './soonest.ts'

/** How often the clock is looked at: what is decided is never later than this, and in doubt sooner. */
const TICK = milliseconds(100)
const BURST_TICK = milliseconds(20)
/** While nobody owes an answer there is nothing to decide: it is only looked whether somebody wants to ask sooner than was meant. */
const CALM_TICK = seconds(1)
/** Nobody waits for longer; what came later was counted as lost before. */
const TIMEOUT = seconds(3)
/** The kernel asks again after a second when nobody takes a connection: how long that took is no round trip (RFC 6298 §2). */
const LONGEST_ROUND_TRIP_MS = 900

export type ProberOptions = {
  readonly clock: Clock
  readonly probes: Readonly<Partial<Record<ProbeMethod, Probe>>>
  /** At least three, of different owners. */
  readonly targets: readonly string[]
  /** By which way; null while there is none. */
  readonly from: () => Pick<ProbeWay, 'from' | 'apart'> | null
  readonly pace: () => Pace
  /** Called when what is thought of the path has changed, or how closely it is looked at. */
  readonly onChange: (silence: Silence, before: Silence) => void
  /** Called with what came of each question, before it is known whether that is a sign of life. */
  readonly onAsked?: (asked: Asked) => void
  /** Called when an answer has proven that the path lives. */
  readonly onProven?: () => void
}

export type Prober = {
  readonly silence: () => Silence
  /** What users' packets did by this uplink since the last call. */
  traffic(seen: TrafficSeen): void
  /** What the modem behind it says: whether nothing can pass. */
  warn(isWarned: boolean): void
  /** Asks everybody once, now: somebody wants to know whether this one would do. */
  check(): void
  /** Asks one of them for a sign of life, in this way. */
  askOne(method: ProbeMethod): void
  stop(): void
}

/** Asks over one uplink whether it leads anywhere, seldom while it does and closely when in doubt. */
export const startProber = (options: ProberOptions): Prober => {
  const { clock, probes, targets, from, pace, onChange, onAsked = () => {}, onProven = () => {} } = options
  let silence = UNWATCHED
  let rhythm = NO_RHYTHM
  let ids = 0
  /** Who gave what was asked for, and by which method. */
  const worked = new Set<string>()

  const take = (event: SilenceEvent): void => {
    const [before, now] = [silence, clock.now().mono]
    const isRested = event.kind !== 'tick' && !isWatched(before) // that it was not looked at for long is no standstill
    silence = watchSilence(isRested ? watchSilence(before, { kind: 'tick' }, now) : before, event, now)
    if (isWatched(silence)) ticks.within(silence.probing === 'burst' ? BURST_TICK : TICK)
    if (silence.beyond !== before.beyond || silence.probing !== before.probing) onChange(silence, before)
  }

  const ask = (method: ProbeMethod, target: string): void => {
    const [probe, own] = [probes[method], from()]
    if (!probe || own === null) return
    const id = ++ids
    const begun = clock.now().mono
    const note = (result: AskResult): void => onAsked({ method, target, at: begun, result })
    take({ kind: 'probe', id, method, target })
    probe.ask({ ...own, target, timeout: TIMEOUT }).then(
      (result) => {
        const took = elapsed(begun, clock.now().mono)
        note(result)
        const who = `${method} ${target}`
        if (result === 'works') worked.add(who)
        else if (!isSignOfLife({ method, tookMs: took, hasWorked: worked.has(who), rttsMs: silence.rttsMs }))
          return // somebody nearer may have said it: the question stays open
        take({ kind: 'answer', id, rttMs: took > LONGEST_ROUND_TRIP_MS ? null : took })
        onProven()
      },
      () => note('lost'), // nothing came back: that is what is counted
    )
  }

  const tick = (): void => {
    ticks.within(CALM_TICK)
    take({ kind: 'tick' })
    if (from() === null) return
    const now = clock.now().mono
    const paceNow = paceWhileUsed(pace(), silence.receivedAt, now)
    const next = nextAsks(rhythm, { probing: silence.probing, targets, pace: paceNow }, now)
    rhythm = next.rhythm
    for (const { method, target } of next.asks) ask(method, target)
    const due = silence.probing === 'calm' ? calmDueAt(rhythm, paceNow) : null
    if (due !== null) ticks.within(elapsed(now, due))
  }
  const ticks = soonest(clock, tick)
  ticks.within(TICK)

  return {
    silence: () => silence,
    traffic: (seen) => take({ kind: 'traffic', ...seen }),
    warn: (isWarned) => take({ kind: 'warning', isWarned }),
    check() {
      for (const target of targets) ask('dns', target)
    },
    askOne: (method) => ask(method, targets[ids % targets.length] ?? ''),
    stop: ticks.stop,
  }
}

/** Whether time decides anything: somebody owes an answer, or it was not calm. */
const isWatched = ({ probing, waiting, unanswered }: Silence): boolean =>
  probing !== 'calm' || waiting.length > 0 || unanswered !== null
