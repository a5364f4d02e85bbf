import { type Clock, elapsed, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { Probe, ProbeWay } from '../probes/probe.ts'

export type GatewayWatch = {
  /** Asks it now, unless it was asked just before. */
  ask(): void
  /** Whether it answered when it was last asked; null for one that never answered at all, as some are set. */
  answers(): boolean | null
  forget(): void
}

const AT_MOST_EVERY = seconds(3)
const TIMEOUT = seconds(1)

/** Asks the next hop itself, by ping: it costs nothing, and where it is silent, too, nothing beyond it can be blamed. */
export const watchGateway = ({
  clock,
  icmp,
  where,
  onChange,
}: {
  readonly clock: Clock
  readonly icmp: Probe | undefined
  readonly where: () => (Pick<ProbeWay, 'from' | 'apart'> & { readonly gateway: string | null }) | null
  readonly onChange: () => void
}): GatewayWatch => {
  let hasAnswered = false
  let answered: boolean | null = null
  let askedAt: MonoMs | null = null

  return {
    ask() {
      const [place, { mono }] = [where(), clock.now()]
      const target = place?.gateway ?? null
      if (!icmp || !place || target === null || (askedAt !== null && elapsed(askedAt, mono) < AT_MOST_EVERY))
        return
      askedAt = mono
      const note = (now: boolean): void => {
        if (askedAt !== mono) return // of another line
        hasAnswered ||= now
        const isNews = now !== answered
        answered = now
        if (isNews) onChange()
      }
      icmp.ask({ from: place.from, apart: place.apart ?? null, target, timeout: TIMEOUT }).then(
        () => note(true),
        () => note(false),
      )
    },
    answers: () => (hasAnswered ? answered : null),
    forget() {
      hasAnswered = false
      answered = null
      askedAt = null
    },
  }
}
