import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { HttpOptions } from '../context.ts'
import { hostCheck, mayReadFrom } from '../plugins/access.ts'
import type { Admission } from '../plugins/admission.ts'
import { unknownIn } from '../plugins/known-query.ts'
import { Problem } from '../problem.ts'
import { endWithProblem } from '../raw-problem.ts'
import { API, type RouteTools } from '../routes/route.ts'
import { StreamQuery } from './events.ts'
import { serveSocket } from './serve-socket.ts'

type Tools = Pick<RouteTools, 'context' | 'journal' | 'listeners'> & { readonly admit: Admission }

/** The live stream over WebSocket: the same entries, one JSON text each; `?after=ID` resumes. */
export const attachWebSocket = (server: Server, tools: Tools, options: HttpOptions): { close(): void } => {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4096, perMessageDeflate: false })
  const admit = doorOf(tools, options)
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    try {
      const query = admit(request)
      sockets.handleUpgrade(request, socket, head, (client) => serveSocket(tools, client, query))
    } catch (error) {
      endWithProblem(socket, error instanceof Problem ? error : new Problem('internal', 'the log says more'))
    }
  })
  return {
    close() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
    },
  }
}

/** What must be so for an upgrade; returns its query. @throws Problem */
const doorOf = ({ admit }: Tools, options: HttpOptions): ((request: IncomingMessage) => URLSearchParams) => {
  const knowsHost = hostCheck(options)
  const mayRead = mayReadFrom(options)
  return (request) => {
    const { host, origin } = request.headers
    const [path = '', query = ''] = (request.url ?? '').split('?', 2)
    if (!knowsHost(host)) throw new Problem('unknown-host', host ?? 'no host')
    if (path.replace(/\/$/, '') !== `${API}/stream`) throw new Problem('not-found', 'no WebSocket is there')
    if (origin !== undefined && !isOurs(origin, knowsHost))
      throw new Problem('forbidden', 'a page of another site may not listen')
    const ip = request.socket.remoteAddress ?? ''
    if (admit({ headers: request.headers, ip }, 'read') === null && !mayRead(ip))
      throw new Problem('unauthenticated', 'scope read is needed')
    const asked = new URLSearchParams(query)
    const unknown = unknownIn(Object.fromEntries(asked), StreamQuery)
    if (unknown) throw unknown
    return asked
  }
}

const isOurs = (origin: string, knowsHost: (host: string | undefined) => boolean): boolean =>
  URL.canParse(origin) && knowsHost(new URL(origin).host)
