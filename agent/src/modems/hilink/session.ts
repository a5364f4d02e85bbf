import { elapsed, milliseconds, type DurationMs, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import {
  HILINK_CODE,
  type HilinkAnswer,
  type HilinkFields,
  parseHilinkAnswer,
} from '../../parse/hilink-answer.ts'
import type { HttpAnswer } from '../../sys/sys.ts'
import type { ModemPorts } from '../modem.ts'
import { hilinkPurse, tokensInPage } from './tokens.ts'

/** An answer of the API, or silence: no connection, a cut one, or no answer in time. */
export type HilinkReply = HilinkAnswer | { readonly kind: 'silent'; readonly why: string }

export type HilinkRequest = {
  /** Below /api/. */
  readonly path: string
  /** Makes it a POST; the token is the one that goes with it in the header. */
  readonly body?: (token: string | null) => string
  /** The device hands out a fresh set of tokens with this one's answer. */
  readonly logsIn?: boolean
  /** Never put a second time, whatever the device says of session and token. */
  readonly once?: boolean
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
}
type Heard =
  | { readonly kind: 'heard'; readonly answer: HttpAnswer }
  | { readonly kind: 'silent'; readonly why: string; readonly late: boolean }

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

  const send = async (wire: Wire, deadline: MonoMs): Promise<Heard> => {
    const left = elapsed(ports.clock.now().mono, deadline)
    if (left <= 0) return { kind: 'silent', why: 'no time was left for this request', late: true }
    const timeout = milliseconds(Math.min(options.timeout, left))
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
      return { kind: 'silent', why: describeError(error), late: isInfraError(error, 'http-timeout') }
    }
  }

  const tryOnce = async (request: HilinkRequest, deadline: MonoMs): Promise<HilinkReply> => {
    if (!opened) {
      const silence = await openSession(deadline)
      if (silence) return silence
    }
    const heard = await send(wireOf(request, purse), deadline)
    if (heard.kind === 'silent') return { kind: 'silent', why: heard.why }
    const reply = replyOf(heard.answer)
    purse.take(heard.answer, request.logsIn === true && reply.kind === 'fields')
    return reply
  }

  /** Gathers a cookie and a token where this firmware keeps them; very old ones have neither. */
  const openSession = async (deadline: MonoMs): Promise<HilinkReply | null> => {
    purse.empty()
    let answered = false
    for (const path of ['/', '/api/webserver/token', '/api/webserver/SesTokInfo']) {
      const heard = await send({ method: 'GET', path, token: null }, deadline)
      if (heard.kind === 'silent' && (heard.late || path !== '/')) return { kind: 'silent', why: heard.why }
      if (heard.kind === 'silent') continue
      answered = true
      gather(path, heard.answer)
      if (purse.hasToken() && purse.cookie() !== null) break
    }
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
      if (request.once) return reply
      return tryOnce(request, deadline)
    },
    isOpen: () => opened,
    drop() {
      opened = false
      purse.empty()
    },
  }
}

const wireOf = (request: HilinkRequest, purse: { spend(): string | null; show(): string | null }): Wire => {
  const path = `/api/${request.path}`
  if (!request.body) return { method: 'GET', path, token: purse.show() }
  const token = purse.spend()
  return { method: 'POST', path, token, body: request.body(token), sealed: request.sealed === true }
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
