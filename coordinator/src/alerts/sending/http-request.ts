import type { DurationMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'

export type HttpAsked = {
  readonly method: 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type HttpAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** One exchange with a web server. @throws InfraError http-failed and http-timeout, whose context.unsent is true when nobody was reached at all */
export type HttpRequest = (asked: HttpAsked, timeout: DurationMs) => Promise<HttpAnswer>

const MOST_ANSWER_BYTES = 65_536

/**
 * Asks by node:http(s), which are not imported: an import reads every export, and one of them loads fetch and 11 MB with it.
 * Redirections are not followed, and an answer is cut where it is too long.
 */
export const httpRequest: HttpRequest = ({ method, url, headers, body }, timeout) =>
  new Promise((resolve, reject) => {
    const target = new URL(url)
    const isSecure = target.protocol === 'https:'
    const { request: send } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http')
    let unsent = true
    const request = send(target, {
      method,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: false,
    })
    request.once('socket', (socket) =>
      socket.once(isSecure ? 'secureConnect' : 'connect', () => (unsent = false)),
    )
    AbortSignal.timeout(timeout).addEventListener('abort', () =>
      request.destroy(
        new InfraError('http-timeout', `no answer within ${timeout} ms`, { context: { unsent } }),
      ),
    )
    request.on('error', (cause) => reject(cause instanceof InfraError ? cause : failed(cause, unsent)))
    request.on('response', (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      const done = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).subarray(0, MOST_ANSWER_BYTES).toString('utf8'),
        })
      response.on('data', (part: Buffer) => {
        parts.push(part)
        bytes += part.length
        if (bytes < MOST_ANSWER_BYTES) return
        done()
        request.destroy()
      })
      response.on('error', (cause) => reject(new InfraError('http-failed', cause.message, { cause })))
      response.on('end', done)
    })
    request.end(body)
  })

/** A host with several addresses fails with an error of no words, which holds that of each address. */
const failed = (cause: Error, unsent: boolean): InfraError => {
  const each = cause instanceof AggregateError ? (cause.errors as readonly unknown[]) : [cause]
  const first = each.find((one) => one instanceof Error) ?? cause
  return new InfraError('http-failed', first.message, { cause, context: { unsent } })
}
