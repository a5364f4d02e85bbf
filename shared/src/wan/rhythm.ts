import { later, milliseconds, type MonoMs, seconds } from '../clock.ts'
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
  /** Whose turn it is among the targets. */
  readonly turn: number
}

export const NO_RHYTHM: Rhythm = { calmAt: {}, roundAt: null, turn: 0 }

const METHODS: readonly ProbeMethod[] = ['icmp', 'dns', 'tcp']
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
  }: { readonly probing: Silence['probing']; readonly targets: readonly string[]; readonly pace: Pace },
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
