import { request as httpRequest } from 'node:http'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '@infra-home/agent/sys/sys.ts'

/** The smallest HttpClient on node:http: one timer over the whole exchange, one connection a request. */
export const nodeHttpClient: HttpClient = (request) =>
  new Promise<HttpAnswer>((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(timer)
      reject(
        error instanceof InfraError ? error : new InfraError('http-failed', error.message, { cause: error }),
      )
    }
    const wire = httpRequest(request.url, optionsOf(request), (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        body += chunk
        if (body.length > (request.maxBytes ?? Infinity))
          wire.destroy(new InfraError('http-failed', 'answer too long'))
      })
      answer.on('error', fail)
      answer.on('end', () => {
        clearTimeout(timer)
        if (!answer.complete) return fail(new Error('the answer was cut off'))
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body })
      })
    })
    const late = (): void =>
      void wire.destroy(new InfraError('http-timeout', `no answer in ${request.timeout} ms`))
    const timer = setTimeout(late, request.timeout)
    wire.on('error', fail)
    wire.end(request.body)
  })

const optionsOf = (request: HttpRequest) => ({
  method: request.method,
  headers: {
    ...request.headers,
    ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
  },
  agent: false as const,
})
