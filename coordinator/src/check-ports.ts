import { createServer } from 'node:net'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'

export type Place = { readonly what: string; readonly host: string; readonly port: number }

/**
 * Listens at every place for a moment: a start that cannot succeed should fail before it has taken an epoch.
 * @throws InfraError http-failed naming what, address and port
 */
export const checkPorts = async (places: readonly Place[]): Promise<void> => {
  for (const place of places) if (place.port !== 0) await listenOnce(place)
}

const listenOnce = ({ what, host, port }: Place): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (cause) => reject(cannotListen({ what, host, port }, cause)))
    server.listen(port, host, () => server.close(() => resolve()))
  })

export const cannotListen = ({ what, host, port }: Place, cause: unknown): InfraError =>
  new InfraError(
    'http-failed',
    `cannot listen for ${what} on ${host}:${port}: ${describeError(cause)}${isTaken(cause) ? ANOTHER : ''}`,
    { cause },
  )

const ANOTHER =
  '; another port is set in the configuration, or by `npm start -- --http-port PORT --mqtt-port PORT`'

const isTaken = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
