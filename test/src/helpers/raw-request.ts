import { Agent, request } from 'node:http'

export type RawAnswer = {
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export type RawRequest = {
  readonly method: string
  /** As it goes on the line: nothing is tidied. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** An address of this machine to come from. */
  readonly from?: string
}

/** A way to ask a server on loopback for anything at all. */
export const rawClient = (address: string) => {
  const { port } = new URL(address)
  const agent = new Agent({ keepAlive: false })
  return {
    ask: ({ method, path, headers = {}, body, from }: RawRequest): Promise<RawAnswer> =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
        const sent = request(
          {
            host: '127.0.0.1',
            port,
            method,
            path: '/',
            agent,
            headers: { ...length, ...headers },
            ...(from ? { localAddress: from } : {}),
          },
          (answer) => {
            const parts: Buffer[] = []
            answer
              .on('data', (part: Buffer) => parts.push(part))
              .on('end', () =>
                resolve({
                  status: answer.statusCode ?? 0,
                  type: answer.headers['content-type'] ?? '',
                  headers: answer.headers,
                  body: Buffer.concat(parts).toString(),
                }),
              )
              .on('error', reject)
          },
        )
        sent.path = path // past the check for what a well-behaved client would not send
        sent.on('error', reject)
        sent.end(body)
      }),
  }
}
