import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { chainFault, FAULTS } from '../identity/chain-fault.ts'
import type { Identity } from './identity-folder.ts'

export type TlsOptions = {
  readonly host: string
  readonly port: number
  /** Who we are; looked up for each connection, since it is renewed while we run. */
  readonly identity: () => Pick<Identity, 'key'> & {
    readonly given: { certificate: string; authority: string }
  }
  /** The common name that the server's certificate must have; null for any server of our authority. */
  readonly name: string | null
  /** Hears of the server's certificate when it was found to be right. */
  readonly onServer?: (certificate: X509Certificate) => void
}

/**
 * Begins a TLS connection with our certificate. The server's is checked by our own rules before `ready` is called and before
 * anything is sent: Node.js would look at its dates, and this device may not know what day it is. TLS is loaded at the first use, and
 * not imported, which would load more than is needed.
 */
export const tlsSocket = (
  { host, port, identity, name, onServer }: TlsOptions,
  ready: () => void,
): TLSSocket => {
  const { key, given } = identity()
  const authority = new X509Certificate(given.authority)
  const socket = process.getBuiltinModule('node:tls').connect({
    host,
    port,
    key,
    cert: given.certificate,
    ca: given.authority,
    servername: 'coordinator',
    minVersion: 'TLSv1.2',
    rejectUnauthorized: false, // judged below, by chainFault
  })
  socket.setNoDelay(true)
  socket.once('secureConnect', () => {
    const shown = socket.getPeerX509Certificate()
    const fault = chainFault(shown, authority, name)
    if (fault !== null) return socket.destroy(new Error(`${host}:${port} is not ours: ${FAULTS[fault]}`))
    if (shown) onServer?.(shown)
    ready()
  })
  return socket
}
