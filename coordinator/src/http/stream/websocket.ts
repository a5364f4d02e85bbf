import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { HttpContext, HttpOptions } from '../context.ts'
import { authenticate, hostCheck, mayReadFrom } from '../plugins/access.ts'
import { kindsIn } from '../routes/events.ts'
import { API } from '../routes/route.ts'
import { entryView } from '../views/entries.ts'
import { resumeAt } from './events.ts'
import { follow } from './follow.ts'

const MOST_WAITING = 4 * 1024 * 1024

/** The live stream over WebSocket: the same entries, one JSON text each; `?after=ID` resumes. */
export const attachWebSocket = (
  server: Server,
  { context, options }: { readonly context: HttpContext; readonly options: HttpOptions },
): { close(): void } => {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4096 })
  const knowsHost = hostCheck(options)
  const mayRead = mayReadFrom(options)

  const refusal = (request: IncomingMessage, path: string): string | null => {
    if (path !== `${API}/stream`) return '404 Not Found'
    if (!knowsHost(request.headers.host)) return '421 Misdirected Request'
    if (!sameOrigin(request, knowsHost)) return '403 Forbidden'
    try {
      const owner = authenticate(context, request, 'read')
      return owner !== null || mayRead(request.socket.remoteAddress ?? '') ? null : '401 Unauthorized'
    } catch {
      return '401 Unauthorized' // whatever is wrong with the token
    }
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const refused = refusal(request, url.pathname)
    if (refused !== null)
      return void socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, (client) => void serve(context, client, url.searchParams))
  })

  return {
    close() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
    },
  }
}

/** A page of another site may not listen through its visitor's browser. */
const sameOrigin = (
  { headers }: IncomingMessage,
  knowsHost: (host: string | undefined) => boolean,
): boolean => {
  if (headers.origin === undefined) return true
  return URL.canParse(headers.origin) && knowsHost(new URL(headers.origin).host)
}

const serve = async (context: HttpContext, client: WebSocket, query: URLSearchParams): Promise<void> => {
  client.on('error', () => client.terminate())
  const kinds = query.get('kind')
  let wanted: ReturnType<typeof kindsIn>
  try {
    wanted = kindsIn(kinds ?? undefined)
  } catch (error) {
    return client.close(1008, (error as Error).message.slice(0, 100))
  }
  const after = await resumeAt(context, query.get('after') ?? undefined)
  const stop = follow(context, {
    wanted: { kinds: wanted, node: query.get('node') ?? undefined },
    after,
    give(entry) {
      client.send(JSON.stringify(entryView(entry)))
      if (client.bufferedAmount > MOST_WAITING) client.terminate()
    },
  })
  client.on('close', stop)
  if (client.readyState !== client.OPEN) stop()
}
