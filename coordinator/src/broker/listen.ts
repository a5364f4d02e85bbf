import type { Server } from 'node:net'
import { InfraError } from '@infra-home/shared/errors.ts'

/** Listens for MQTT, and says at which port. @throws InfraError broker-failed */
export const listen = (
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new InfraError('broker-failed', `cannot listen for MQTT on ${host}:${port}: ${cause.message}`, {
          cause,
        }),
      ),
    )
    server.listen(port, host, () => resolve((server.address() as { port: number }).port))
  })
