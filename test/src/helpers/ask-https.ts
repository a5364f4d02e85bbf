import { request } from 'node:https'

export type Asked = {
  readonly method?: string
  readonly body?: object
  readonly token?: string
  /** The address of this machine to ask from: whoever fails too often from one has to wait. */
  readonly from?: string
}

export type Answered<T> = { readonly status: number; readonly headers: object; readonly value: T }

/** Asks an API over TLS as a device does: the certificate must be the authority's (PEM), for the name `coordinator`. */
export const askHttps = <T = Record<string, unknown>>(
  at: { readonly port: number; readonly authority: string; readonly host?: string },
  path: string,
  { method = 'GET', body, token, from }: Asked = {},
): Promise<Answered<T>> =>
  new Promise((resolve, reject) => {
    const asked = request({
      host: at.host ?? '127.0.0.1',
      port: at.port,
      path,
      method,
      ca: at.authority,
      servername: 'coordinator',
      agent: false,
      ...(from ? { localAddress: from } : {}),
      headers: {
        accept: 'application/json',
        host: `${at.host ?? '127.0.0.1'}:${at.port}`,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
    })
    asked.on('error', reject)
    asked.on('response', (answer) => {
      let text = ''
      answer.on('data', (part: Buffer) => (text += part.toString()))
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          value: (text === '' ? null : JSON.parse(text)) as T,
        }),
      )
    })
    asked.end(body ? JSON.stringify(body) : undefined)
  })
