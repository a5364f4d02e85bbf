import { elapsed, milliseconds, type MonoMs, seconds } from '../clock.ts'

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
  /** Connections that are watched, and what came back since the first of them. */
  readonly web: { readonly since: MonoMs; readonly opened: number; readonly bytes: number } | null
}

export const NO_COMPLAINTS: Complaints = { names: null, web: null }

const NAMES_AFTER = milliseconds(600)
const WEB_AFTER = seconds(1)
/** What a page, or the greeting of an encrypted one, brings at least; a redirection and a reset bring less. */
const BYTES_OF_A_PAGE = 2000

/** Whether what users begin comes to nothing. It may be their own doing: a reason to ask, never a verdict. Pure. */
export const heardUsers = (
  before: Complaints,
  { namesAsked, namesAnswered, opened, receivedBytes }: UserTraffic,
  now: MonoMs,
): { readonly complaints: Complaints; readonly said: readonly Complaint[] } => {
  const said: Complaint[] = []
  let names = namesAnswered > 0 ? null : before.names
  if (namesAnswered === 0 && namesAsked > 0)
    names = { since: names?.since ?? now, asked: (names?.asked ?? 0) + namesAsked }
  if (names && elapsed(names.since, now) >= NAMES_AFTER) {
    said.push('names')
    names = null
  }
  let web = before.web && { ...before.web, bytes: before.web.bytes + receivedBytes }
  if (opened > 0)
    web = { since: web?.since ?? now, opened: (web?.opened ?? 0) + opened, bytes: web?.bytes ?? 0 }
  if (web && elapsed(web.since, now) >= WEB_AFTER) {
    if (web.bytes < web.opened * BYTES_OF_A_PAGE) said.push('web')
    web = null
  }
  return { complaints: { names, web }, said }
}
