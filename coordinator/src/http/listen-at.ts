import type { AddressInfo } from 'node:net'
import { cannotListen } from '../check-ports.ts'
import { isLoopback, isWildcard } from '../loopback.ts'
import type { HttpOptions } from './context.ts'
import type { Doors } from './doors.ts'
import type { App } from './routes/route.ts'

/**
 * Listens, and says where this machine finds the API. Beyond loopback it speaks TLS; and whoever listens at one address of
 * many is found at 127.0.0.1 as well.
 * @throws InfraError http-failed naming address and port
 */
export const listenAt = async (
  app: App,
  doors: Doors | null,
  { host, port, doors: how }: HttpOptions,
): Promise<string> => {
  const alone = isLoopback(host)
  if (doors && !alone) await doors.open()
  const address = await app.listen({ host, port }).catch((cause: unknown) => {
    throw cannotListen({ what: 'HTTP', host, port }, cause)
  })
  if (!doors || alone || isWildcard(host)) return address
  await doors.also('127.0.0.1', (app.server.address() as AddressInfo).port).catch(inUse)
  return how?.insecure ? address : address.replace(/^http:/, 'https:')
}

/** A name may mean 127.0.0.1, which is taken then: by ourselves. */
const inUse = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EADDRINUSE') throw error
}
