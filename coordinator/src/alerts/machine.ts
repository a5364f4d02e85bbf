import {
  type DurationMs,
  elapsed,
  later,
  milliseconds,
  minutes,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'

/** Where an alert is: on its way in, on, on its way out. */
export type AlertStage = 'inactive' | 'pending' | 'firing' | 'recovering'

/** What a rule says of now: past the firing level, past the clearing level, in the gap between, or nothing known. */
export type Level = 'bad' | 'good' | 'between' | 'unknown'

export type AlertTransition = 'suspected' | 'dropped' | 'fired' | 'recovering' | 'relapsed' | 'resolved'

export type Durations = { readonly fireAfter: DurationMs; readonly clearAfter: DurationMs }

export type AlertMove = {
  readonly stage: AlertStage
  readonly transition: AlertTransition | null
  /** When time alone will move it. */
  readonly nextAt: MonoMs | null
}

/**
 * Moves an alert. Bad for `fireAfter` without a break fires, good for `clearAfter` resolves; while nothing is known,
 * nothing fires and nothing is called over.
 */
export const moveAlert = (
  stage: AlertStage,
  level: Level,
  times: Durations & { readonly since: MonoMs; readonly now: MonoMs },
): AlertMove => {
  const stay = (nextAt: MonoMs | null = null): AlertMove => ({ stage, transition: null, nextAt })
  const go = (to: AlertStage, transition: AlertTransition, nextAt: MonoMs | null = null): AlertMove => ({
    stage: to,
    transition,
    nextAt,
  })
  const lasted = (duration: DurationMs): boolean => elapsed(times.since, times.now) >= duration
  switch (stage) {
    case 'inactive':
      if (level !== 'bad') return stay()
      if (times.fireAfter === 0) return go('firing', 'fired')
      return go('pending', 'suspected', later(times.now, times.fireAfter))
    case 'pending':
      if (level === 'bad')
        return lasted(times.fireAfter) ? go('firing', 'fired') : stay(later(times.since, times.fireAfter))
      return level === 'unknown' ? stay() : go('inactive', 'dropped')
    case 'firing':
      if (level !== 'good') return stay()
      if (times.clearAfter === 0) return go('inactive', 'resolved')
      return go('recovering', 'recovering', later(times.now, times.clearAfter))
    case 'recovering':
      if (level === 'bad') return go('firing', 'relapsed')
      if (level !== 'good') return stay()
      return lasted(times.clearAfter)
        ? go('inactive', 'resolved')
        : stay(later(times.since, times.clearAfter))
  }
}

/** How long what comes and goes lingers at least and at most, whatever less its rule wants. */
const LEAST_LINGER = seconds(15)
const LONGEST_LINGER = minutes(30)

/** How long it has to be good to be over, where it came back `relapses` times soon after it was: twice as long each time. */
export const lingering = (clearAfter: DurationMs, relapses: number): DurationMs => {
  if (relapses === 0) return clearAfter
  const grown = Math.max(clearAfter, LEAST_LINGER) * 2 ** relapses
  return milliseconds(Math.max(clearAfter, Math.min(grown, LONGEST_LINGER)))
}
