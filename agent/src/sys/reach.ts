import type { DurationMs } from '@infra-home/shared/clock.ts'

/** Source ports, both ends included. */
export type PortRange = { readonly first: number; readonly last: number }

/** From whom to whom; the source address decides by which uplink a packet leaves. */
export type Way = {
  /** An address of this machine. */
  readonly from: string
  readonly to: string
  readonly port: number
  /** Of these source ports one; null for any. */
  readonly ports?: PortRange | null
  readonly timeout: DurationMs
}

/** Sockets for asking whether a path leads anywhere; they say nothing that matters and keep nothing. */
export type Reach = {
  /**
   * Sends a datagram and resolves with the first one that comes back from there and `isAnswer` takes.
   * @throws InfraError probe-timeout, probe-failed (no such address, no route, nobody at that port)
   */
  ask(way: Way, payload: Uint8Array, isAnswer: (bytes: Uint8Array) => boolean): Promise<Uint8Array>
  /**
   * Begins a connection and gives it up at once. Resolves when the other side took it, or somebody refused it: from there, or from nearer.
   * @throws InfraError probe-timeout, probe-failed
   */
  knock(way: Way): Promise<'taken' | 'refused'>
  /**
   * Says something over a connection of its own and resolves with what the other side said until it hung up, or the first 4 kB of it.
   * @throws InfraError probe-timeout, probe-failed
   */
  say(way: Way, payload: Uint8Array): Promise<Uint8Array>
}
