import { days, type DurationMs, elapsed, minutes, type MonoMs, seconds } from '../clock.ts'
import type { ProbeMethod } from './silence.ts'
import type { Service } from './trial.ts'

/** How often each question is asked while all is well; what is left out is not asked then. */
export type Pace = Readonly<Partial<Record<ProbeMethod | Service, DurationMs>>>

/** What a question costs with its answer, in bytes at IP level, as counted by the kernel on an uplink. */
export const BYTES: Readonly<Record<ProbeMethod | Service, number>> = {
  icmp: 56,
  dns: 144,
  tcp: 224,
  'own-dns': 144,
  'public-dns': 144,
  page: 880,
  'full-size': 3000,
  ipv6: 184,
}

/** For the uplink in use: just below 2 MB a day. */
export const ACTIVE_PACE: Pace = {
  icmp: seconds(7),
  dns: minutes(10),
  tcp: minutes(10),
  'own-dns': minutes(1),
  page: seconds(320),
  'full-size': seconds(325),
  ipv6: minutes(30),
}
/** For one that waits: some 0.17 MB a day. */
export const STANDBY_PACE: Pace = {
  icmp: minutes(1),
  dns: minutes(10),
  tcp: minutes(15),
  'own-dns': minutes(10),
  page: minutes(60),
  'full-size': minutes(360),
  ipv6: minutes(360),
}

/** Packets that arrive hide for a while that none leaves any more; beside them a ping costs nothing. */
const PING_WHILE_USED = seconds(4)
const USED_LATELY = seconds(10)

/** The pace while users are heard: what they do hides for longer that one direction is dead. Pure. */
export const paceWhileUsed = (pace: Pace, receivedAt: MonoMs | null, now: MonoMs): Pace =>
  pace.icmp === undefined || receivedAt === null || elapsed(receivedAt, now) > USED_LATELY
    ? pace
    : { ...pace, icmp: Math.min(pace.icmp, PING_WHILE_USED) as DurationMs }

/** Bytes a day at IP level, both ways, while nothing happens. Pure. */
export const bytesPerDay = (pace: Pace, bytes: typeof BYTES = BYTES): number =>
  Object.entries(pace).reduce(
    (sum, [question, period]) => sum + (days(1) / period) * bytes[question as keyof typeof BYTES],
    0,
  )

/** The same questions, as much rarer as it takes to cost no more than `dailyBytes`. Pure. */
export const paceWithin = (pace: Pace, dailyBytes: number | null): Pace => {
  if (dailyBytes === null) return pace
  const factor = Math.max(1, bytesPerDay(pace) / Math.max(1, dailyBytes))
  return Object.fromEntries(
    Object.entries(pace).map(([question, period]) => [question, Math.ceil(period * factor) as DurationMs]),
  )
}
