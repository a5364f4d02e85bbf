import type { Server } from 'node:http'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import {
  createSecureContext,
  createServer as createTlsServer,
  type SecureContext,
  type Server as TlsServer,
} from 'node:tls'
import { farEnd, HANDSHAKE_MS, limitHandshakes, UNPROVEN } from '../handshakes.ts'
import { isLoopback } from '../loopback.ts'
import { COORDINATOR_NAME, type Material } from '../trust/server-certificate.ts'
import { Problem } from './problem.ts'
import { endWithProblem } from './raw-problem.ts'

/** The first byte of TLS (RFC 8446 §5.1: a handshake record); no HTTP request begins with it. */
const HANDSHAKE_RECORD = 22
const FIRST_BYTE_MS = 10_000

/** The certificates that the API shows. */
export type ApiCertificates = {
  /** Ours: devices ask for it by the name `coordinator`, whatever address they dial. */
  readonly own: () => Promise<Material>
  /** The one that the owner configured, for everybody else; null when there is none. */
  readonly given: (() => Material) | null
  /** Calls back when either has been renewed. */
  readonly onRenewed: (listener: () => void) => void
}

export type DoorOptions = {
  readonly certificates: ApiCertificates
  /** Plain HTTP from elsewhere is answered, too. */
  readonly insecure: boolean
}

export type Doors = {
  /** Loads the certificates, which are otherwise first needed by whoever speaks TLS. */
  open(): Promise<void>
  /** Takes what arrives at another address as well. */
  also(host: string, port: number): Promise<void>
  close(): void
}

/**
 * TLS and plain HTTP at one port, told apart by the first byte: plain HTTP is for this machine alone, so that curl on the
 * router needs no more than an address.
 */
export const openDoors = (server: Server, { certificates, insecure }: DoorOptions): Doors => {
  const serve = server.listeners('connection')
  server.removeAllListeners('connection')
  const handshakes = limitHandshakes(UNPROVEN)
  const unproven = new Map<string, () => void>()
  const waiting = new Set<Socket>()
  const others: NetServer[] = []
  let secure: Promise<TlsServer> | null = null

  const passOn = (socket: Socket): void => {
    unproven.get(farEnd(socket))?.()
    for (const listener of serve) listener.call(server, socket)
  }
  const tls = (): Promise<TlsServer> => (secure ??= tlsServer(certificates, passOn))

  const admit = (socket: Socket, first: number | undefined): void => {
    if (first === HANDSHAKE_RECORD)
      return void tls().then(
        (door) => door.emit('connection', socket),
        () => socket.destroy(),
      )
    if (insecure || isLoopback(socket.localAddress ?? '')) passOn(socket)
    else sendAway(socket)
    process.nextTick(() => socket.resume())
  }

  server.on('connection', (socket: Socket) => {
    const end = isLoopback(socket.remoteAddress ?? '')
      ? () => {}
      : handshakes.begin(socket.remoteAddress ?? '?')
    if (!end) return void socket.destroy()
    const name = farEnd(socket)
    waiting.add(socket)
    unproven.set(name, () => {
      unproven.delete(name)
      waiting.delete(socket)
      end()
    })
    socket.once('close', () => unproven.get(name)?.())
    firstByte(socket, (first) => admit(socket, first))
  })
  return {
    open: async () => void (await tls()),
    also: (host, port) =>
      new Promise((resolve, reject) => {
        const other = createServer((socket) => void server.emit('connection', socket))
        other.once('error', reject)
        other.listen(port, host, () => resolve())
        others.push(other)
      }),
    close() {
      for (const other of others) other.close()
      for (const socket of waiting) socket.destroy()
    },
  }
}

/** Waits for the first byte and puts it back. Who says nothing is let go. */
const firstByte = (socket: Socket, then: (first: number | undefined) => void): void => {
  const letGo = (): void => void socket.destroy()
  socket.once('error', letGo)
  socket.setTimeout(FIRST_BYTE_MS, letGo)
  socket.once('data', (bytes: Buffer) => {
    socket.pause()
    socket.off('error', letGo).off('timeout', letGo).setTimeout(0)
    socket.unshift(bytes)
    then(bytes[0])
  })
}

const tlsServer = async (
  certificates: ApiCertificates,
  passOn: (socket: Socket) => void,
): Promise<TlsServer> => {
  let shown = await load(certificates)
  const door = createTlsServer({
    ...shown.usual,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MS,
    SNICallback: (name, done) => done(null, name === COORDINATOR_NAME ? shown.forDevices : undefined),
  })
  door.on('secureConnection', passOn)
  door.on('tlsClientError', (_error, socket) => socket.destroy())
  certificates.onRenewed(() => {
    load(certificates).then(
      (renewed) => {
        shown = renewed
        door.setSecureContext(renewed.usual)
      },
      () => {}, // the old one goes on; whoever renews says what is wrong
    )
  })
  return door
}

type Shown = {
  readonly usual: Material & { readonly minVersion: 'TLSv1.2' }
  readonly forDevices: SecureContext
}

const load = async ({ own, given }: ApiCertificates): Promise<Shown> => {
  const ours = { ...(await own()), minVersion: 'TLSv1.2' } as const
  const usual = given ? ({ ...given(), minVersion: 'TLSv1.2' } as const) : ours
  return { usual, forDevices: createSecureContext(ours) }
}

const sendAway = (socket: Socket): void =>
  endWithProblem(socket, new Problem('tls-needed', 'here is https:// alone; plain HTTP is for this machine'))
