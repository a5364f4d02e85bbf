import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Holding } from './toy-authority.ts'

type Told = {
  readonly title: string
  readonly items: readonly {
    readonly event: string
    readonly text: string
    readonly alertId: string
    /** Of what an agent says by itself. */
    readonly duplicate?: boolean
  }[]
}

export type WebhookEar = { readonly url: string; readonly told: readonly Told[]; close(): Promise<void> }

/** A web server on loopback that keeps what a webhook channel posts to it; by HTTPS with a certificate of `localhost`. */
export const webhookEar = async (tls: Holding | null = null): Promise<WebhookEar> => {
  const told: Told[] = []
  const hear: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      told.push(JSON.parse(body) as Told)
      response.end('thanks')
    })
  }
  const server = tls ? createSecureServer({ key: tls.key, cert: tls.certificate }, hear) : createServer(hear)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}/`,
    told,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
