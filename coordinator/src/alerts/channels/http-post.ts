import { InfraError } from '@infra-home/shared/errors.ts'
import type { HttpPost } from './channel.ts'

const MOST_ANSWER_BYTES = 65_536

/**
 * POSTs by node:http(s), which are not imported: an import reads every export, and one of them loads fetch and 11 MB with it.
 * @throws InfraError http-failed, http-timeout
 */
export const httpPost: HttpPost = ({ url, headers, body, timeout }) =>
  new Promise((resolve, reject) => {
    const target = new URL(url)
    const { request: send } = process.getBuiltinModule(
      target.protocol === 'https:' ? 'node:https' : 'node:http',
    )
    const length = Buffer.byteLength(body)
    const request = send(target, {
      method: 'POST',
      headers: { ...headers, 'content-length': length },
      agent: false,
    })
    const signal = AbortSignal.timeout(timeout)
    signal.addEventListener('abort', () =>
      request.destroy(new InfraError('http-timeout', `no answer within ${timeout} ms`)),
    )
    request.on('error', (cause) =>
      reject(cause instanceof InfraError ? cause : new InfraError('http-failed', cause.message, { cause })),
    )
    request.on('response', (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes <= MOST_ANSWER_BYTES) parts.push(part)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
      )
    })
    request.end(body)
  })
