import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import type { HttpServer } from '@infra-home/coordinator/http/server.ts'
import { asDescribed, type Description, type Exchange } from './as-described.ts'

/** Looks at every answer that passes, over a socket or injected: the test fails on the first that nobody described. */
export const watchAnswers = async (
  { app }: HttpServer,
  { tokens }: { readonly tokens: () => readonly string[] },
): Promise<void> => {
  const faultOf = asDescribed(JSON.parse((await app.inject('/openapi.json')).body) as Description)
  const check = (exchange: Exchange): void => {
    const { method, url, status, body } = exchange
    const fault = faultOf(exchange)
    if (fault) t.fail(`${method} ${url.slice(0, 200)}: ${fault}`)
    const isNewToken = method === 'POST' && status === 201 && url.includes('/tokens')
    if (!isNewToken && tokens().some((token) => body.includes(token)))
      t.fail(`${method} ${url.slice(0, 200)}: a token is in the answer`)
  }

  const inject = app.inject.bind(app)
  app.inject = (async (asked: string | { method?: string; url: string }) => {
    const options = typeof asked === 'string' ? { url: asked } : asked
    const answer = await inject(options as never)
    const { statusCode: status, headers, body } = answer
    const type = headers['content-type'] ?? ''
    check({
      method: 'method' in options ? (options.method ?? 'GET') : 'GET',
      url: options.url,
      status,
      type,
      body,
    })
    return answer
  }) as never

  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    let type = ''
    const isStream = (): boolean => typeNow().startsWith('text/event-stream')
    const typeNow = (): string => type || String(response.getHeader('content-type') ?? '')
    const keep = (part: unknown): void => {
      if (typeof part === 'string' || part instanceof Uint8Array) parts.push(Buffer.from(part as string))
    }
    const [write, end] = [response.write.bind(response), response.end.bind(response)]
    const writeHead = response.writeHead.bind(response)
    response.writeHead = (status: number, ...rest: unknown[]) => {
      const head = rest.find((one) => typeof one === 'object' && one !== null) ?? {}
      for (const [name, value] of Object.entries(head)) if (/^content-type$/i.test(name)) type = String(value)
      return writeHead(status, ...(rest as []))
    }
    response.write = ((part: unknown, ...rest: unknown[]) => {
      if (!isStream()) keep(part)
      return write(part, ...(rest as []))
    }) as never
    response.end = ((part: unknown, ...rest: unknown[]) => {
      if (!isStream()) keep(part)
      return end(part as never, ...(rest as []))
    }) as never
    response.on('finish', () => {
      const { method = 'GET', url = '' } = request
      const { statusCode: status } = response
      check({ method, url, status, type: typeNow(), body: Buffer.concat(parts).toString() })
    })
  })
}
