import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Told = {
  readonly title: string
  readonly items: readonly { readonly event: string; readonly text: string; readonly alertId: string }[]
}

export type WebhookEar = { readonly url: string; readonly told: readonly Told[]; close(): Promise<void> }

/** A web server on loopback that keeps what a webhook channel posts to it. */
export const webhookEar = async (): Promise<WebhookEar> => {
  const told: Told[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      told.push(JSON.parse(body) as Told)
      response.end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    told,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
