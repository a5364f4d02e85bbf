import { type Clock, type DurationMs, elapsed, milliseconds, type MonoMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { type NetgearModel, parseNetgearModel } from '../../parse/netgear-model.ts'
import type { HttpAnswer, HttpRequest } from '../../sys/sys.ts'
import { cookieJar, headerLines } from '../web/cookie-jar.ts'
import type { ModemPorts } from '../modem.ts'

/** Fields of a form. */
export type NetgearForm = Readonly<Record<string, string>>

export type NetgearSession = {
  /** @throws InfraError http-failed, http-timeout, parse-failed */
  model(deadline: MonoMs): Promise<NetgearModel>
  /** Fills in a form, once. @throws InfraError http-failed, http-timeout */
  post(path: string, form: NetgearForm, deadline: MonoMs): Promise<HttpAnswer>
  /** The same, and waits for the answer until the deadline. */
  postPatiently(path: string, form: NetgearForm, deadline: MonoMs): Promise<HttpAnswer>
  drop(): void
}

const MOST_BYTES = 262_144
/** A new session takes two: to the page that sets its cookie, and back. */
const MOST_REDIRECTS = 3
/** LM and LB have the first, M1 to M6 the second or both. */
const MODEL_PATHS = ['/model.json', '/api/model.json'] as const

/** One session with the device: a cookie, and where its model is. */
export const netgearSession = (
  ports: Pick<ModemPorts, 'http' | 'clock'>,
  options: { readonly address: string; readonly timeout: DurationMs },
): NetgearSession => {
  const cookies = cookieJar()
  let modelPath: string | null = null

  const send = async (
    path: string,
    extra: Pick<HttpRequest, 'method' | 'body'>,
    deadline: MonoMs,
    longest = options.timeout,
  ): Promise<HttpAnswer> => {
    const cookie = cookies.header()
    const answer = await ports.http({
      ...extra,
      url: `http://${options.address}${path}`,
      // Without a page of its own as referer the newer ones tell nothing.
      headers: {
        referer: `http://${options.address}/index.html`,
        ...(cookie === null ? {} : { cookie }),
        ...(extra.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      timeout: timeLeft(ports.clock, deadline, longest),
      maxBytes: MOST_BYTES,
    })
    cookies.take(answer)
    return answer
  }

  const get = async (path: string, deadline: MonoMs): Promise<HttpAnswer> => {
    let at = path
    for (let hops = 0; ; hops++) {
      const answer = await send(at, { method: 'GET' }, deadline)
      const next =
        answer.status >= 300 && answer.status < 400 ? ownPath(locationOf(answer), options.address) : null
      if (next === null || hops === MOST_REDIRECTS) return answer
      at = next
    }
  }

  return {
    async model(deadline) {
      for (const path of modelPath === null ? MODEL_PATHS : [modelPath]) {
        const answer = await get(path, deadline)
        if (answer.status === 404 && path !== '/api/model.json') continue
        if (answer.status !== 200)
          throw new InfraError('parse-failed', `model.json answers HTTP ${answer.status}`)
        const model = parseNetgearModel(answer.body)
        modelPath = path
        return model
      }
      modelPath = null
      throw new InfraError('parse-failed', 'there is no model.json')
    },
    post: (path, form, deadline) => send(path, asPost(form), deadline),
    postPatiently: (path, form, deadline) =>
      send(path, asPost(form), deadline, elapsed(ports.clock.now().mono, deadline)),
    drop: cookies.empty,
  }
}

const asPost = (form: NetgearForm): Pick<HttpRequest, 'method' | 'body'> => ({
  method: 'POST',
  body: new URLSearchParams(form).toString(),
})

const timeLeft = (clock: Clock, deadline: MonoMs, most: DurationMs): DurationMs => {
  const left = elapsed(clock.now().mono, deadline)
  if (left > 0) return milliseconds(Math.min(most, left))
  throw new InfraError('http-timeout', 'no time was left for this request', { context: { unsent: true } })
}

export const locationOf = (answer: HttpAnswer): string => headerLines(answer, 'location')[0] ?? ''

/** Where a redirect leads on the device itself; null for anywhere else. */
const ownPath = (location: string, address: string): string | null => {
  const base = `http://${address}`
  if (!URL.canParse(location, base)) return null
  const url = new URL(location, base)
  return location !== '' && url.origin === new URL(base).origin ? `${url.pathname}${url.search}` : null
}
