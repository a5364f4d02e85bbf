import { elapsed, milliseconds, type DurationMs, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import {
  HILINK_CODE,
  type HilinkAnswer,
  type HilinkFields,
  parseHilinkAnswer,
} from '../../parse/hilink-answer.ts'
import type { HttpAnswer } from '../../sys/sys.ts'
import { isUnsent } from '../../sys/unsent.ts'
import type { ModemPorts } from '../modem.ts'
import { hilinkPurse, tokensInPage } from './tokens.ts'

/** An answer of the API, or silence: no connection, a cut one, or no answer in time. */
export type HilinkReply = HilinkAnswer | HilinkSilence
export type HilinkSilence = {
  readonly kind: 'silent'
  readonly why: string
  /** The device has heard nothing of it. */
  readonly unsent: boolean
}

export type HilinkRequest = {
  /** Below /api/. */
  readonly path: string
  /** Makes it a POST; the token is the one that goes with it in the header. */
  readonly body?: (token: string | null) => string
  /** The device hands out a fresh set of tokens with this one's answer. */
  readonly logsIn?: boolean
  /** Never put a second time, whatever the device says of session and token. */
  readonly once?: boolean
  /** Its answer is waited for until the deadline. */
  readonly patient?: boolean
  /** The body is encrypted, which its headers say. */
  readonly sealed?: boolean
}

export type HilinkSession = {
  /** Opens a session if there is none; a refused session or token gets a new one and one more try. Never throws. */
  ask(request: HilinkRequest, deadline: MonoMs): Promise<HilinkReply>
  isOpen(): boolean
  /** Forgets the session: the next request opens a new one. */
  drop(): void
}

export type HilinkSessionOptions = { readonly address: string; readonly timeout: DurationMs }

type Wire = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string | null
  readonly body?: string
  readonly sealed?: boolean
  readonly patient?: boolean
}
type Heard =
  | { readonly kind: 'heard'; readonly answer: HttpAnswer }
  | (HilinkSilence & { readonly late: boolean })

/** Where firmwares keep a cookie and a token. */
const OPENERS = ['/', '/api/webserver/token', '/api/webserver/SesTokInfo'] as const
const MOST_ANSWER_BYTES = 32_768
const MOST_PAGE_BYTES = 524_288
const STALE: ReadonlySet<number> = new Set<number>([
  HILINK_CODE.wrongToken,
  HILINK_CODE.wrongSession,
  HILINK_CODE.wrongSessionToken,
])

/** One HTTP session with the device's API: its cookie and its tokens, renewed as the device demands. */
export const hilinkSession = (
  ports: Pick<ModemPorts, 'http' | 'clock'>,
  options: HilinkSessionOptions,
): HilinkSession => {
  const purse = hilinkPurse()
  let opened = false
  let openerAt = 0
  /** Where the tokens alone were refused: who is logged in would be "somebody else" to a new session. */
  let keepsCookie = false

  const send = async (wire: Wire, deadline: MonoMs): Promise<Heard> => {
    const left = elapsed(ports.clock.now().mono, deadline)
    if (left <= 0)
      return { kind: 'silent', why: 'no time was left for this request', late: true, unsent: true }
    const timeout = wire.patient ? left : milliseconds(Math.min(options.timeout, left))
    try {
      const answer = await ports.http({
        method: wire.method,
        url: `http://${options.address}${wire.path}`,
        headers: headersOf(wire, purse.cookie()),
        timeout,
        maxBytes: wire.path === '/' ? MOST_PAGE_BYTES : MOST_ANSWER_BYTES,
        ...(wire.body === undefined ? {} : { body: wire.body }),
      })
      return { kind: 'heard', answer }
    } catch (error) {
      const late = isInfraError(error, 'http-timeout')
      return { kind: 'silent', why: describeError(error), late, unsent: isUnsent(error) }
    }
  }

  const tryOnce = async (request: HilinkRequest, deadline: MonoMs): Promise<HilinkReply> => {
    if (!opened) {
      const silence = await openSession(deadline)
      if (silence) return silence
    }
    const heard = await send(wireOf(request, purse), deadline)
    if (heard.kind === 'silent') return heard
    const reply = replyOf(heard.answer)
    purse.take(heard.answer, request.logsIn === true && reply.kind === 'fields')
    return reply
  }

  /** Gathers a cookie and a token where this firmware keeps them; very old ones have neither. What ran out of time goes on where it was. */
  const openSession = async (deadline: MonoMs): Promise<HilinkSilence | null> => {
    if (openerAt === 0) (keepsCookie ? purse.emptyOfTokens : purse.empty)()
    keepsCookie = false
    let answered = false
    for (; openerAt < OPENERS.length; openerAt++) {
      const path = OPENERS[openerAt] ?? '/'
      const heard = await send({ method: 'GET', path, token: null }, deadline)
      if (heard.kind === 'silent' && (heard.late || path !== '/')) return { ...heard, unsent: true }
      if (heard.kind === 'silent') continue
      answered = true
      gather(path, heard.answer)
      if (purse.hasToken() && purse.cookie() !== null) break
    }
    openerAt = 0
    opened = answered
    return null
  }

  const gather = (path: string, answer: HttpAnswer): void => {
    purse.take(answer)
    if (path === '/') return tokensInPage(answer.body).forEach((token) => purse.put(token))
    const reply = replyOf(answer)
    if (reply.kind !== 'fields') return
    const token = lastHalf(reply.fields.get('token')) ?? reply.fields.get('TokInfo')
    const cookie = reply.fields.get('SesInfo')
    if (token) purse.put(token)
    if (cookie) purse.setCookie(cookie)
  }

  return {
    async ask(request, deadline) {
      const reply = await tryOnce(request, deadline)
      if (reply.kind !== 'refused' || !STALE.has(reply.code)) return reply
      opened = false
      keepsCookie = reply.code !== HILINK_CODE.wrongSession
      if (request.once) return reply
      return tryOnce(request, deadline)
    },
    isOpen: () => opened,
    drop() {
      opened = false
      openerAt = 0
      purse.empty()
    },
  }
}

const wireOf = (request: HilinkRequest, purse: { spend(): string | null; show(): string | null }): Wire => {
  const path = `/api/${request.path}`
  if (!request.body) return { method: 'GET', path, token: purse.show() }
  const token = purse.spend()
  const { sealed = false, patient = false } = request
  return { method: 'POST', path, token, body: request.body(token), sealed, patient }
}

/** Firmwares with a SCRAM login say 64 characters, of which the last 32 are the token (fabiogermann/opnsense-hilink-plugin). */
const lastHalf = (token: string | undefined): string | undefined =>
  token?.length === 64 ? token.slice(32) : token

const headersOf = (wire: Wire, cookie: string | null): Record<string, string> => ({
  ...(cookie === null ? {} : { cookie }),
  ...(wire.token === null ? {} : { __RequestVerificationToken: wire.token }),
  ...(wire.body === undefined ? {} : { 'content-type': 'application/xml' }),
  ...(wire.sealed ? SEALED : {}),
})

/** What tells the device that a body is encrypted (Salamek/huawei-lte-api: Session.py). */
const SEALED = {
  'content-type': 'application/x-www-form-urlencoded; charset=UTF-8;enc',
  encrypt_transmit: 'encrypt_transmit',
} as const

/** An endpoint that this firmware lacks answers 404, or redirects to the home page. */
const replyOf = (answer: HttpAnswer): HilinkAnswer => {
  if (answer.status === 404 || (answer.status >= 300 && answer.status < 400))
    return { kind: 'refused', code: HILINK_CODE.notSupported }
  if (answer.status !== 200) return { kind: 'garbled', why: `HTTP ${answer.status}` }
  return parseHilinkAnswer(answer.body)
}

/** The fields of a reply; null when it has none. */
export const fieldsOf = (reply: HilinkReply | null): HilinkFields | null =>
  reply?.kind === 'fields' ? reply.fields : null
