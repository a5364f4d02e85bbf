import type { HttpAnswer, HttpRequest } from '../sys.ts'
import { headerOf } from './hilink-sessions.ts'

export type SimulatedNetgearSession = { readonly id: string; readonly token: string; isAdmin: boolean }

export type NetgearSessions = {
  /** The session of the request's cookie; null when there is none. */
  of(request: HttpRequest): SimulatedNetgearSession | null
  /** A redirect that gives a session to who has none, and leads back. */
  open(back: string): HttpAnswer
  login(session: SimulatedNetgearSession, given: string): HttpAnswer
  clear(): void
  /** How often a password was looked at, and how often it was right. */
  counts(): { readonly tries: number; readonly logins: number }
}

const MOST = 4

export const netgearSessions = (password: string): NetgearSessions => {
  let sessions: SimulatedNetgearSession[] = []
  let serial = 0
  let [tries, logins] = [0, 0]
  return {
    of: (request) => {
      const id = /(?:^|;\s*)sessionId=([^;]+)/.exec(headerOf(request, 'cookie') ?? '')?.[1]
      return sessions.find((session) => session.id === id) ?? null
    },
    open(back) {
      const fresh = { id: `s${++serial}`, token: `tok${++serial}`, isAdmin: false }
      sessions = [...sessions, fresh].slice(-MOST)
      const headers = { location: back, 'set-cookie': [`sessionId=${fresh.id}; path=/; HttpOnly`] }
      return { status: 302, headers, body: '' }
    },
    login(session, given) {
      tries++
      if (given !== password) return redirect('/error.json?errno=1&errdetail=session.password')
      logins++
      session.isAdmin = !session.isAdmin // an administrator who says it again is out
      return redirect('/success.json')
    },
    clear: () => void (sessions = []),
    counts: () => ({ tries, logins }),
  }
}

export const redirect = (location: string): HttpAnswer => ({ status: 302, headers: { location }, body: '' })
