import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  milliseconds,
  seconds,
} from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { BusOptions } from '../bus.ts'
import type { Access } from './access.ts'
import { CONTROL_ANSWERS, dynamicSecurity } from './control.ts'

const FIRST_WAIT = seconds(1)
const LONGEST_WAIT = seconds(60)

/** Keeps the book of a broker's plugin in step with the registry, over whichever connection there is. */
export type Gate = {
  /** What has to be subscribed for it to work. */
  readonly subscriptions: readonly string[]
  /** A connection is made and subscribed. */
  opened(): void
  lost(): void
  hear(payload: string): void
  /** Something changed for `name`: its sessions end, and it comes back with the rights that it has now, or not at all. */
  cut(name: string): void
  /** Why the plugin does not have our word on who may do what; null when it has. */
  fault(): string | null
}

/** Who may do what at the broker, as it is wanted now. */
type GateAccess = { readonly wanted: () => Access; readonly clock: Clock; readonly log: Log }

type GateMeans = Pick<BusOptions, 'onRefused'> & {
  /** Rejects while there is no connection. */
  readonly publish: (topic: string, payload: string) => Promise<unknown>
}

const CLOSED: Gate = { subscriptions: [], opened() {}, lost() {}, hear() {}, cut() {}, fault: () => null }

/**
 * What failed is tried again with growing waits, at every change and at every connection, until the plugin has it.
 * @param access null where the broker's rights are somebody else's business
 */
export const createGate = (access: GateAccess | null, { publish, onRefused }: GateMeans): Gate => {
  if (!access) return CLOSED
  const { clock, wanted, log } = access
  const control = dynamicSecurity({ clock, publish })
  const toCut = new Set<string>()
  let open = false
  let busy = false
  let due = false
  let failures = 0
  let fault: string | null = null
  let cancel: CancelTimer = () => {}

  const settle = async (names: readonly string[]): Promise<void> => {
    const commands = await control.reconcile(wanted())
    for (const name of names) if (wanted().has(name)) await control.cut(name)
    if (commands > 0) log('info', 'changed who may do what at the broker', { commands })
  }

  const succeeded = (): void => {
    if (failures > 0) log('info', 'the broker has who may do what again', { failures })
    failures = 0
    fault = null
  }

  const failed = (names: readonly string[], error: unknown): void => {
    for (const name of names) toCut.add(name)
    const wait = waitAfter(++failures)
    fault = `the broker does not know who may do what (${describeError(error)})`
    onRefused('access-not-applied', `${describeError(error)}, try ${failures}`)
    if (open) cancel = clock.after(wait, step)
  }

  /** One at a time: two that compare the same book would each want to make the same client. */
  const work = async (): Promise<void> => {
    busy = true
    due = false
    const names = [...toCut]
    toCut.clear()
    await settle(names).then(succeeded, (error: unknown) => failed(names, error))
    busy = false
    if (due) step()
  }

  const step = (): void => {
    cancel()
    due = true
    if (open && !busy) void work()
  }

  return {
    subscriptions: [CONTROL_ANSWERS],
    opened() {
      open = true
      step()
    },
    lost() {
      open = false
      cancel()
      control.lost()
    },
    hear: (payload) => control.hear(payload),
    cut(name) {
      toCut.add(name)
      step()
    },
    fault: () => fault,
  }
}

/** How long to leave it at so many failures in a row. Pure. */
const waitAfter = (failures: number): DurationMs =>
  milliseconds(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(10, failures - 1)))
