import { elapsed, milliseconds, type MonoMs } from '../clock.ts'

/** Users' packets by one uplink, since the last look. */
export type UserTraffic = {
  /** Questions for names that went out, and answers that came back. */
  readonly namesAsked: number
  readonly namesAnswered: number
  /** Connections to the web that were begun, and bytes that came back from beyond, of whatever. */
  readonly opened: number
  readonly receivedBytes: number
}

/** What users would complain of, if they could. */
export type Complaint = 'names' | 'web'

export type Complaints = {
  /** Questions for names that nobody answered yet; null for none. */
  readonly names: { readonly since: MonoMs; readonly asked: number } | null
  /** Connections for which too little has come back yet, by the look at which they were seen, oldest first. */
  readonly web: readonly { readonly since: MonoMs; readonly opened: number; readonly bytes: number }[]
}

export const NO_COMPLAINTS: Complaints = { names: null, web: [] }

const NAMES_AFTER = milliseconds(600)
/** Beside three round trips, after which an encrypted page has greeted. */
const WEB_AFTER = milliseconds(500)
/** What a page, or the greeting of an encrypted one, brings at least; a redirection and a reset bring less. */
const BYTES_OF_A_PAGE = 2000

/**
 * Whether what users begin comes to nothing. It may be their own doing: a reason to ask, never a verdict. Pure.
 * @param roundTripMs the largest of the last ones, by this uplink
 */
export const heardUsers = (
  before: Complaints,
  { traffic, roundTripMs }: { readonly traffic: UserTraffic; readonly roundTripMs: number },
  now: MonoMs,
): { readonly complaints: Complaints; readonly said: readonly Complaint[] } => {
  const { namesAsked, namesAnswered } = traffic
  const said: Complaint[] = []
  let names = namesAnswered > 0 ? null : before.names
  if (namesAnswered === 0 && namesAsked > 0)
    names = { since: names?.since ?? now, asked: (names?.asked ?? 0) + namesAsked }
  if (names && elapsed(names.since, now) >= NAMES_AFTER) {
    said.push('names')
    names = null
  }
  const waiting = watchedWeb(before.web, traffic, now)
  const isOverdue = waiting.some(({ since }) => elapsed(since, now) >= WEB_AFTER + 3 * roundTripMs)
  if (isOverdue) said.push('web')
  return { complaints: { names, web: isOverdue ? [] : waiting }, said }
}

/** What came back between two looks may be of what was begun between them. */
const watchedWeb = (
  before: Complaints['web'],
  { opened, receivedBytes }: UserTraffic,
  now: MonoMs,
): Complaints['web'] =>
  [...before, ...(opened > 0 ? [{ since: now, opened, bytes: 0 }] : [])]
    .map((one) => ({ ...one, bytes: one.bytes + receivedBytes }))
    .filter((one) => one.bytes < one.opened * BYTES_OF_A_PAGE)
