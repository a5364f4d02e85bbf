import type { DurationMs } from '@infra-home/shared/clock.ts'
import type { PortRange } from '../sys/reach.ts'
import type { ProbeMethod } from '@infra-home/shared/wan/silence.ts'

/** By which uplink, and whom. */
export type ProbeWay = {
  /** The uplink's own address. */
  readonly from: string
  /** By which it is told from another uplink that was given the same address; null where none was. */
  readonly apart?: { readonly ports: PortRange; readonly device: string } | null
  readonly target: string
  readonly timeout: DurationMs
}

/** One way of asking whether a path leads anywhere: a file each. */
export type Probe = {
  readonly method: ProbeMethod
  /**
   * Resolves when something came back in the target's name: `works` when it was what was asked for.
   * @throws InfraError probe-timeout, probe-failed when nothing did
   */
  ask(way: ProbeWay): Promise<'works' | 'answers'>
}
