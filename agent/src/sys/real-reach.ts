import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Reach, Way } from './reach.ts'

const MOST_HEARD = 4096

/** Over this machine's sockets, a new one for each question. */
export const realReach = (): Reach => {
  let turn = 0
  /** Each in turn: one that was used just before may not be free yet. */
  const ownPort = ({ ports }: Way): number | undefined =>
    ports ? ports.first + (turn++ % (ports.last - ports.first + 1)) : undefined
  const ends = (way: Way) => {
    const localPort = ownPort(way)
    const { to: host, port, from: localAddress } = way
    return { host, port, localAddress, ...(localPort !== undefined && { localPort }) }
  }
  return {
    ask: (way, payload, isAnswer) =>
      new Promise((resolve, reject) => {
        const socket = createSocket(isIPv6(way.to) ? 'udp6' : 'udp4')
        const end = timed(way, () => socket.close(), { resolve, reject })
        socket.on('error', end.failed)
        socket.on('message', (bytes, { address }) => {
          if (address === way.to && isAnswer(bytes)) end.done(bytes)
        })
        const port = ownPort(way)
        socket.bind({ address: way.from, ...(port !== undefined && { port }) }, () =>
          socket.send(payload, way.port, way.to, (error) => error && end.failed(error)),
        )
      }),
    knock: (way) =>
      new Promise((resolve, reject) => {
        const socket = connect(ends(way))
        // a reset of one that nobody has taken yet waits until somebody does, and the kernel goes on asking for two minutes
        const close = () => (socket.connecting ? socket.destroy() : socket.resetAndDestroy())
        const end = timed(way, close, { resolve, reject })
        socket.on('connect', () => end.done('taken'))
        socket.on('error', (error: NodeJS.ErrnoException) =>
          error.code === 'ECONNREFUSED' ? end.done('refused') : end.failed(error),
        )
      }),
    say: (way, payload) =>
      new Promise((resolve, reject) => {
        const socket = connect(ends(way))
        const end = timed(way, () => socket.destroy(), { resolve, reject })
        let heard = Buffer.alloc(0)
        socket.on('connect', () => socket.write(payload))
        socket.on('data', (bytes) => {
          heard = Buffer.concat([heard, bytes])
          if (heard.length >= MOST_HEARD) end.done(heard.subarray(0, MOST_HEARD))
        })
        socket.on('end', () => end.done(heard))
        socket.on('error', end.failed)
      }),
  }
}

type Settling<T> = {
  readonly resolve: (value: T) => void
  readonly reject: (error: InfraError) => void
}

/** Closes what was opened, once, whatever comes first. */
const timed = <T>(
  way: Way,
  close: () => void,
  { resolve, reject }: Settling<T>,
): { readonly done: (value: T) => void; readonly failed: (error: Error) => void } => {
  let open = true
  const once = (settle: () => void): void => {
    if (!open) return
    open = false
    clearTimeout(timer)
    close()
    settle()
  }
  const context = { from: way.from, to: way.to, port: way.port }
  const timer = setTimeout(
    () =>
      once(() =>
        reject(new InfraError('probe-timeout', `no answer from ${way.to} in ${way.timeout} ms`, { context })),
      ),
    way.timeout,
  )
  return {
    done: (value) => once(() => resolve(value)),
    failed: (cause) =>
      once(() =>
        reject(new InfraError('probe-failed', `${way.to}: ${describeError(cause)}`, { cause, context })),
      ),
  }
}
