import { type DurationMs, elapsed, later, milliseconds, type MonoMs, seconds } from '../clock.ts'
import type { Pace } from './pace.ts'
import type { ProbeMethod, Silence } from './silence.ts'

/** A question to somebody beyond the gateway. */
export type Ask = { readonly method: ProbeMethod; readonly target: string }

/** When what is asked next. */
export type Rhythm = {
  /** When each method was last used, while all is well. */
  readonly calmAt: Readonly<Partial<Record<ProbeMethod, MonoMs>>>
  /** The last round of a burst, or of waiting; null while all is well. */
  readonly roundAt: MonoMs | null
  /** The first round of waiting; null while nothing is dead. */
  readonly deadSince: MonoMs | null
  /** Whose turn it is among the targets. */
  readonly turn: number
}

export const NO_RHYTHM: Rhythm = { calmAt: {}, roundAt: null, deadSince: null, turn: 0 }

const METHODS: readonly ProbeMethod[] = ['icmp', 'dns', 'tcp']
const BURST_EVERY = milliseconds(100)
/** One that waits is asked at once when the one in use is in doubt, so a minute is soon enough. */
const WAIT = { shortest: seconds(1), longest: seconds(60) }
/** What has been dead for long is asked after this part of the time that it has been: it is back at the latest 3 % later than it could be. */
const WAIT_SHARE = 1 / 30
/** Who waits for so long between two rounds asks one of them, in turn: a dead line is metered, too. */
const ONE_FROM = seconds(5)

/**
 * What is to be asked now. A burst begins with one question, which is enough to end a false alarm; then everybody is asked in two ways, ten
 * times a second. What is dead is asked ever more rarely, but as often as while it lived. Pure.
 */
export const nextAsks = (
  before: Rhythm,
  {
    probing,
    targets,
    pace,
  }: { readonly probing: Silence['probing']; readonly targets: readonly string[]; readonly pace: Pace },
  now: MonoMs,
): { readonly rhythm: Rhythm; readonly asks: readonly Ask[] } => {
  if (probing === 'calm')
    return calmAsks({ ...before, roundAt: null, deadSince: null }, { targets, pace }, now)
  if (probing === 'burst' && before.roundAt === null)
    return {
      rhythm: { ...before, roundAt: now, turn: before.turn + 1 },
      asks: [{ method: 'dns', target: atTurn(targets, before.turn) }],
    }
  const deadSince = probing === 'burst' ? null : (before.deadSince ?? now)
  const every = deadSince === null ? BURST_EVERY : waitAfter(elapsed(deadSince, now), pace)
  if (before.roundAt !== null && now < later(before.roundAt, every)) return { rhythm: before, asks: [] }
  const { turn } = before
  const asks = every >= ONE_FROM ? [oneOf(targets, turn)] : everybody(targets)
  return { rhythm: { ...before, roundAt: now, deadSince, turn: turn + 1 }, asks }
}

/** When the next question of a calm line is due; null for never. Pure. */
export const calmDueAt = ({ calmAt }: Rhythm, pace: Pace): MonoMs | null => {
  let first: MonoMs | null = null
  for (const method of METHODS) {
    const [last, period] = [calmAt[method], pace[method]]
    if (last === undefined || period === undefined) continue
    const due = later(last, period)
    if (first === null || due < first) first = due
  }
  return first
}

const waitAfter = (dead: number, pace: Pace): DurationMs => {
  const longest = Math.min(WAIT.longest, ...METHODS.map((method) => pace[method] ?? WAIT.longest))
  return milliseconds(Math.max(WAIT.shortest, Math.min(longest, dead * WAIT_SHARE)))
}

const IN_DOUBT = ['dns', 'tcp'] as const

const everybody = (targets: readonly string[]): Ask[] =>
  targets.flatMap((target) => IN_DOUBT.map((method) => ({ method, target })))

const oneOf = (targets: readonly string[], turn: number): Ask => ({
  method: IN_DOUBT[turn % IN_DOUBT.length] ?? 'dns',
  target: atTurn(targets, turn),
})

const calmAsks = (
  before: Rhythm,
  { targets, pace }: { readonly targets: readonly string[]; readonly pace: Pace },
  now: MonoMs,
): { readonly rhythm: Rhythm; readonly asks: readonly Ask[] } => {
  const calmAt = { ...before.calmAt }
  const asks: Ask[] = []
  let { turn } = before
  for (const method of METHODS) {
    const [last, period] = [calmAt[method], pace[method]]
    if (period === undefined || (last !== undefined && now < later(last, period))) continue
    asks.push({ method, target: atTurn(targets, turn++) })
    calmAt[method] = now
  }
  return { rhythm: { ...before, calmAt, turn }, asks }
}

const atTurn = (targets: readonly string[], turn: number): string => targets[turn % targets.length] ?? ''
