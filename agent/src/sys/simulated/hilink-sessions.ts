import { type Clock, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { HttpRequest } from '../sys.ts'

export type SimulatedHilinkSession = {
  readonly id: string
  tokens: string[]
  usedAt: MonoMs
  loggedIn: boolean
}

export type HilinkSessions = {
  create(): SimulatedHilinkSession
  /** The session of the request's cookie; null when there is none or it has expired. */
  of(request: HttpRequest): SimulatedHilinkSession | null
  /** One more token that this session may use once. */
  issue(session: SimulatedHilinkSession): string
  /** Uses up a token. */
  spend(session: SimulatedHilinkSession, token: string): boolean
  /** A session other than this one that is logged in. */
  loggedInBeside(session: SimulatedHilinkSession): boolean
  count(): number
  clear(): void
}

const IDLE_LIMIT = minutes(5)

/** Keeps a few sessions, as such devices do: a new one beyond `most` pushes the oldest out. */
export const hilinkSessions = (clock: Clock, most: number): HilinkSessions => {
  let sessions: SimulatedHilinkSession[] = []
  let serial = 0
  const made = (kind: string): string => `${kind}${String(++serial).padStart(28, '0')}`
  const expire = (): void => {
    const now = clock.now().mono
    sessions = sessions.filter(({ usedAt }) => later(usedAt, IDLE_LIMIT) > now)
  }
  return {
    create() {
      expire()
      const session = { id: made('sess'), tokens: [], usedAt: clock.now().mono, loggedIn: false }
      sessions = [...sessions, session].slice(-most)
      return session
    },
    of(request) {
      expire()
      const id = /(?:^|;\s*)SessionID=([^;]+)/.exec(headerOf(request, 'cookie') ?? '')?.[1]
      const session = sessions.find((one) => one.id === id) ?? null
      if (session) session.usedAt = clock.now().mono
      return session
    },
    issue(session) {
      const token = made('tokn')
      session.tokens.push(token)
      return token
    },
    spend(session, token) {
      const known = session.tokens.includes(token)
      session.tokens = session.tokens.filter((one) => one !== token)
      return known
    },
    loggedInBeside(session) {
      expire()
      return sessions.some((one) => one !== session && one.loggedIn)
    },
    count: () => sessions.length,
    clear() {
      sessions = []
    },
  }
}

/** A header of a request, whatever its case. */
export const headerOf = (request: HttpRequest, name: string): string | null =>
  Object.entries(request.headers ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? null
