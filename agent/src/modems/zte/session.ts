import { elapsed, milliseconds, type DurationMs, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import { parseZteAnswer, type ZteAnswer, type ZteFields } from '../../parse/zte-answer.ts'
import type { HttpAnswer } from '../../sys/sys.ts'
import { isUnsent } from '../../sys/unsent.ts'
import { cookieJar } from '../web/cookie-jar.ts'
import type { ModemPorts } from '../modem.ts'

export type ZteReply =
  | ZteAnswer
  /** It cannot answer now: HTTP 503 (RFC 9110 §15.6.4). */
  | { readonly kind: 'busy' }
  /** No connection, a cut one, or no answer in time. */
  | {
      readonly kind: 'silent'
      readonly why: string
      /** The device has heard nothing of it. */
      readonly unsent: boolean
    }

/** A form as the device's web interface posts it. */
export type ZteForm = { readonly goformId: string } & { readonly [name: string]: string }

/** Talks to the goform API with the session that a login gave. Never throws. */
export type ZteSession = {
  /** Asks for fields by name, and for what `more` adds to the question. */
  ask(names: readonly string[], deadline: MonoMs, more?: Readonly<Record<string, string>>): Promise<ZteReply>
  post(form: ZteForm, deadline: MonoMs): Promise<ZteReply>
  /** The same, and waits for the answer until the deadline. */
  postPatiently(form: ZteForm, deadline: MonoMs): Promise<ZteReply>
  /** Forgets the session. */
  drop(): void
}

const MOST_ANSWER_BYTES = 32_768

export const zteSession = (
  { http, clock }: Pick<ModemPorts, 'http' | 'clock'>,
  { address, timeout }: { readonly address: string; readonly timeout: DurationMs },
): ZteSession => {
  const jar = cookieJar()
  const base = `http://${address}`

  const send = async (
    path: string,
    deadline: MonoMs,
    { body, longest = timeout }: { readonly body?: string; readonly longest?: DurationMs } = {},
  ): Promise<ZteReply> => {
    const left = elapsed(clock.now().mono, deadline)
    if (left <= 0) return { kind: 'silent', why: 'no time was left for this request', unsent: true }
    try {
      const answer = await http({
        method: body === undefined ? 'GET' : 'POST',
        url: `${base}/goform/${path}`,
        headers: headersOf(base, jar.header(), body !== undefined),
        timeout: milliseconds(Math.min(longest, left)),
        maxBytes: MOST_ANSWER_BYTES,
        ...(body === undefined ? {} : { body }),
      })
      jar.take(answer)
      return replyOf(answer)
    } catch (error) {
      return { kind: 'silent', why: describeError(error), unsent: isUnsent(error) }
    }
  }

  return {
    ask: (names, deadline, more = {}) => send(`goform_get_cmd_process?${question(names, more)}`, deadline),
    post: (form, deadline) => send(FORMS, deadline, { body: bodyOf(form) }),
    postPatiently: (form, deadline) =>
      send(FORMS, deadline, { body: bodyOf(form), longest: elapsed(clock.now().mono, deadline) }),
    drop: jar.empty,
  }
}

const FORMS = 'goform_set_cmd_process'
const bodyOf = (form: ZteForm): string => new URLSearchParams({ isTest: 'false', ...form }).toString()

/** The fields of a reply; null when it has none. */
export const fieldsOf = (reply: ZteReply): ZteFields | null => (reply.kind === 'fields' ? reply.fields : null)

/** One sentence about a reply that has no fields. */
export const describeReply = (reply: Exclude<ZteReply, { kind: 'fields' }>): string =>
  reply.kind === 'busy' ? 'the modem is busy (HTTP 503)' : reply.why

/** Without multi_data the whole list is taken for one name; the commas stay as they are. */
const question = (names: readonly string[], more: Readonly<Record<string, string>>): string => {
  const rest = new URLSearchParams({
    isTest: 'false',
    ...(names.length > 1 ? { multi_data: '1' } : {}),
    ...more,
  })
  return `${rest.toString()}&cmd=${names.join(',')}`
}

/** Without the Referer the device answers 200 and leaves every field blank. */
const headersOf = (base: string, cookie: string | null, posts: boolean): Record<string, string> => ({
  referer: `${base}/index.html`,
  ...(cookie === null ? {} : { cookie }),
  ...(posts ? { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8', origin: base } : {}),
})

const replyOf = (answer: HttpAnswer): ZteReply => {
  if (answer.status === 503) return { kind: 'busy' }
  if (answer.status !== 200) return { kind: 'garbled', why: `HTTP ${answer.status}` }
  return parseZteAnswer(answer.body)
}
