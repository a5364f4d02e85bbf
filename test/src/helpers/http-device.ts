import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { minutes } from '@infra-home/shared/clock.ts'
import type { HttpClient } from '@infra-home/agent/sys/sys.ts'

export type HttpDevice = {
  /** host:port */
  readonly address: string
  close(): Promise<void>
}

/**
 * Serves a simulated device over real HTTP, on a free port of the loopback interface unless told where. When the device refuses or times out, the connection is
 * broken; while it hangs, the connection stays open and silent.
 */
export const serveDevice = async (
  handle: HttpClient,
  onPort = 0,
  host = '127.0.0.1',
): Promise<HttpDevice> => {
  const server = createServer((incoming, outgoing) => {
    reply(handle, incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(onPort, host, resolve))
  const { port } = server.address() as AddressInfo
  return { address: `${host}:${port}`, close: () => closeServer(server) }
}

const reply = async (
  handle: HttpClient,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const answer = await handle(await toRequest(incoming))
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined) outgoing.setHeader(name, value)
  outgoing.writeHead(answer.status).end(answer.body)
}

const toRequest = async (incoming: IncomingMessage) => {
  let body = ''
  for await (const chunk of incoming) body += String(chunk)
  return {
    method: incoming.method === 'POST' ? ('POST' as const) : ('GET' as const),
    url: `http://device${incoming.url ?? '/'}`,
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    ),
    body,
    timeout: minutes(10),
  }
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
