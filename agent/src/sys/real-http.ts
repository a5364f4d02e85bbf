import type { ClientRequest, IncomingMessage } from 'node:http'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { HttpAnswer, HttpClient } from './sys.ts'

const MOST_BYTES = 1024 * 1024

/**
 * HTTP by node:http, which is loaded when the first modem is asked, and HTTPS by node:https, when the first alarm is raised. An `import` of
 * it would touch its every export, and one of them is a getter that loads fetch and WebSocket: 14 MB where this costs 3. The
 * timeout bounds the whole exchange, a body that trickles included.
 */
export const realHttp = (): HttpClient => async (ask) => {
  const { method, url, headers = {}, body, timeout, maxBytes = MOST_BYTES } = ask
  const isSecure = url.startsWith('https:')
  const { request: begin } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http')
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  let timer: NodeJS.Timeout | undefined
  let unsent = true
  const failed = (code: 'http-failed' | 'http-timeout', message: string, cause?: unknown): InfraError =>
    new InfraError(code, message, { context: { unsent }, ...(cause !== undefined && { cause }) })
  try {
    const request = begin(url, { method, headers: { ...headers, ...length }, agent: false })
    request.once('socket', (socket) =>
      socket.once(isSecure ? 'secureConnect' : 'connect', () => (unsent = false)),
    )
    timer = setTimeout(
      () => request.destroy(failed('http-timeout', `no answer from ${request.host} within ${timeout} ms`)),
      timeout,
    )
    const answer = answerTo(request, maxBytes)
    request.end(body)
    return await answer
  } catch (cause) {
    // An address or a header that cannot be sent is thrown at once; it comes from a configuration or a modem.
    throw cause instanceof InfraError ? cause : failed('http-failed', firstOf(cause as Error).message, cause)
  } finally {
    clearTimeout(timer)
  }
}

/** A host with several addresses fails with an error of no words, that of each address in it. */
const firstOf = (cause: Error): Error => {
  const [first] = cause instanceof AggregateError ? (cause.errors as readonly unknown[]) : []
  return first instanceof Error ? first : cause
}

const answerTo = (request: ClientRequest, maxBytes: number): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response: IncomingMessage) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > maxBytes) request.destroy(new InfraError('http-failed', `more than ${maxBytes} bytes`))
        else parts.push(part)
      })
      response.on('error', reject)
      response.on('aborted', () => reject(new Error('the connection was cut')))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        }),
      )
    })
  })
