import { type DurationMs, later, milliseconds, minutes, type MonoMs, seconds } from '../clock.ts'
import type { ProbeMethod, Silence } from './silence.ts'

/** A question to somebody beyond the gateway. */
export type Ask = { readonly method: ProbeMethod; readonly target: string }

/** When what is asked next. */
export type Rhythm = {
  /** When each method was last used, while all is well. */
  readonly calmAt: Readonly<Partial<Record<ProbeMethod, MonoMs>>>
  /** The last round of a burst, or of waiting; null while all is well. */
  readonly roundAt: MonoMs | null
  /** Whose turn it is among the targets. */
  readonly turn: number
}

export const NO_RHYTHM: Rhythm = { calmAt: {}, roundAt: null, turn: 0 }

/** How often each method is used while all is well; what is left out is not used then. */
export type CalmPace = Readonly<Partial<Record<ProbeMethod, DurationMs>>>

/** For the uplink in use, at 56, 144 and 224 bytes a time (IP level, both ways): some 1.4 MB a day. */
export const ACTIVE_PACE: CalmPace = { icmp: seconds(5), dns: minutes(1), tcp: minutes(5) }
/** For one that waits: some 0.14 MB a day. */
export const STANDBY_PACE: CalmPace = { icmp: minutes(1), dns: minutes(10), tcp: minutes(15) }

const BURST_EVERY = milliseconds(100)
const WAIT_EVERY = seconds(1)

/**
 * What is to be asked now. A burst begins with one question, which is enough to end a false alarm; then everybody is asked in two ways, ten
 * times a second. Pure.
 */
export const nextAsks = (
  before: Rhythm,
  {
    probing,
    targets,
    pace,
  }: { readonly probing: Silence['probing']; readonly targets: readonly string[]; readonly pace: CalmPace },
  now: MonoMs,
): { readonly rhythm: Rhythm; readonly asks: readonly Ask[] } => {
  if (probing === 'calm') return calmAsks({ ...before, roundAt: null }, { targets, pace }, now)
  if (probing === 'burst' && before.roundAt === null)
    return {
      rhythm: { ...before, roundAt: now, turn: before.turn + 1 },
      asks: [{ method: 'dns', target: atTurn(targets, before.turn) }],
    }
  const every = probing === 'burst' ? BURST_EVERY : WAIT_EVERY
  if (before.roundAt !== null && now < later(before.roundAt, every)) return { rhythm: before, asks: [] }
  const asks = targets.flatMap((target): Ask[] => [
    { method: 'dns', target },
    { method: 'tcp', target },
  ])
  return { rhythm: { ...before, roundAt: now }, asks }
}

const calmAsks = (
  before: Rhythm,
  { targets, pace }: { readonly targets: readonly string[]; readonly pace: CalmPace },
  now: MonoMs,
): { readonly rhythm: Rhythm; readonly asks: readonly Ask[] } => {
  const calmAt = { ...before.calmAt }
  const asks: Ask[] = []
  let { turn } = before
  for (const [method, period] of Object.entries(pace) as [ProbeMethod, DurationMs][]) {
    const last = calmAt[method]
    if (last !== undefined && now < later(last, period)) continue
    asks.push({ method, target: atTurn(targets, turn++) })
    calmAt[method] = now
  }
  return { rhythm: { ...before, calmAt, turn }, asks }
}

const atTurn = (targets: readonly string[], turn: number): string => targets[turn % targets.length] ?? ''
