import { createServer as createNetServer, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { commonName } from '@infra-home/shared/seal/certificate.ts'
import { farEnd, HANDSHAKE_MS, limitHandshakes, UNPROVEN } from '../handshakes.ts'
import type { Identities, Identity } from '../trust/identities.ts'
import type { Material } from '../trust/server-certificate.ts'
import type { RefusalAtBroker } from './bus.ts'
import { listen } from './listen.ts'

/** The door for devices: TLS with a client certificate of our own authority. */
export type SecureDoor = {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** The coordinator's own certificate, now and whenever it is renewed. */
  readonly material: () => Promise<Material>
  readonly onRenewed: (listener: () => void) => void
  /** PEM. */
  readonly authority: () => Promise<string>
  readonly identities: Identities
}

/** Who is at the other end, by certificate. */
export type Peer = { readonly name: string; readonly serial: string; readonly identity: Identity }

export type SecureListener = {
  /** Listens, and says at which port. @throws InfraError broker-failed */
  start(): Promise<number>
  stop(): void
}

type Ears = {
  readonly onPeer: (socket: TLSSocket, peer: Peer) => void
  readonly onRefused: (reason: RefusalAtBroker, detail: string) => void
}

/**
 * Admits clients whose certificate our authority signed, whose dates are right, and which the registry knows and has not
 * revoked. TLS says the first two; nothing is accepted by looking at an error.
 */
export const secureListener = async (door: SecureDoor, ears: Ears): Promise<SecureListener> => {
  const context = async () =>
    ({ ...(await door.material()), ca: await door.authority(), minVersion: 'TLSv1.2' }) as const
  const secure = createServer({
    ...(await context()),
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: HANDSHAKE_MS,
  })
  const handshakes = limitHandshakes(UNPROVEN)
  const ends = new Map<string, () => void>()
  const sockets = new Set<Socket>()
  let stopped = false

  secure.on('secureConnection', (socket) => {
    ends.get(farEnd(socket))?.()
    const admitted = peerOf(socket, door.identities)
    if ('refused' in admitted) {
      ears.onRefused(admitted.refused, `${admitted.name.slice(0, 64)} from ${socket.remoteAddress ?? '?'}`)
      return socket.destroy()
    }
    ears.onPeer(socket, admitted)
  })
  secure.on('tlsClientError', (error, socket) => {
    ears.onRefused(whyNot(error, socket), `${socket.remoteAddress ?? '?'}: ${error.message.slice(0, 128)}`)
    socket.destroy()
  })
  door.onRenewed(() => {
    context().then(
      (renewed) => stopped || secure.setSecureContext(renewed),
      () => {}, // the old one goes on; whoever renews says what is wrong
    )
  })

  const server = createNetServer((socket) => {
    const source = socket.remoteAddress ?? '?'
    const end = handshakes.begin(source)
    if (!end) {
      ears.onRefused('too-many-handshakes', source)
      return socket.destroy()
    }
    const name = farEnd(socket)
    sockets.add(socket)
    ends.set(name, end)
    socket.on('error', () => {}) // its TLS half says more
    socket.once('close', () => {
      sockets.delete(socket)
      ends.delete(name)
      end()
    })
    secure.emit('connection', socket)
  })
  return {
    start: () => listen(server, door),
    stop() {
      stopped = true
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const peerOf = (
  socket: TLSSocket,
  identities: Identities,
): Peer | { readonly refused: RefusalAtBroker; readonly name: string } => {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return { refused: 'no-certificate', name: '' }
  const [name, serial] = [commonName(certificate), certificate.serialNumber]
  const admission = identities.admits(name, serial)
  if ('refused' in admission) return { refused: admission.refused, name }
  if (admission.identity.role === 'broker') return { refused: 'unknown-identity', name }
  return { name, serial, identity: admission.identity }
}

/** What TLS itself refused, in our words. OpenSSL tells of the certificate only beside the error. */
const whyNot = (error: Error & { readonly code?: string }, socket: TLSSocket): RefusalAtBroker => {
  if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'no-certificate'
  if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'handshake-timeout'
  // Node.js declares an Error here and gives its code
  const { authorizationError: verdict } = socket as { readonly authorizationError: unknown }
  if (!verdict) return 'handshake-failed'
  return verdict === 'CERT_HAS_EXPIRED' ? 'expired-certificate' : 'foreign-certificate'
}
