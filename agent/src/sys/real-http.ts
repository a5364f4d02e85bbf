import { InfraError } from '@infra-home/shared/errors.ts'
import type { HttpClient } from './sys.ts'

const MOST_BYTES = 1024 * 1024

/**
 * HTTP by node:http, which is loaded when the first modem is asked: fetch would cost 17 MB, this costs 3. The timeout
 * bounds the whole exchange, a body that trickles included.
 */
export const realHttp = (): HttpClient => async (ask) => {
  const { request: begin } = await import('node:http')
  const { method, url, headers = {}, body, timeout, maxBytes = MOST_BYTES } = ask
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const request = begin(url, { method, headers: { ...headers, ...length }, agent: false })
    const timer = setTimeout(
      () =>
        request.destroy(
          new InfraError('http-timeout', `no answer from ${request.host} within ${timeout} ms`),
        ),
      timeout,
    )
    const fail = (cause: Error): void => {
      clearTimeout(timer)
      reject(cause instanceof InfraError ? cause : new InfraError('http-failed', cause.message, { cause }))
    }
    request.on('error', fail)
    request.on('response', (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > maxBytes) request.destroy(new InfraError('http-failed', `more than ${maxBytes} bytes`))
        else parts.push(part)
      })
      response.on('error', fail)
      response.on('aborted', () => fail(new Error('the connection was cut')))
      response.on('end', () => {
        clearTimeout(timer)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        })
      })
    })
    request.end(body)
  })
}
