import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export type Reply = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** It never answers. */
  readonly hang?: boolean
}

export type Heard = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly json: Record<string, unknown>
}

/** A web server on loopback that keeps what it is asked and answers as `reply` says then. */
export const receiver = async (
  t: Test,
  reply: Reply | ((heard: Heard) => Reply) = {},
): Promise<{ readonly url: string; readonly heard: Heard[] }> => {
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const json = JSON.parse(body) as Record<string, unknown>
      const one = { method, path: url, headers, body, json }
      heard.push(one)
      const answer = typeof reply === 'function' ? reply(one) : reply
      if (!answer.hang) response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? '')
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.teardown(() => void (server.closeAllConnections(), server.close()))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard }
}
