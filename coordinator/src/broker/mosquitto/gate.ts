import { describeError } from '@infra-home/shared/errors.ts'
import type { ExternalAccess } from '../external.ts'
import { CONTROL_ANSWERS, dynamicSecurity } from './control.ts'

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
}

const CLOSED: Gate = { subscriptions: [], opened() {}, lost() {}, hear() {}, cut() {} }

/** @param access null where the broker's rights are somebody else's business */
export const createGate = (
  access: ExternalAccess | null,
  publish: (topic: string, payload: string) => Promise<unknown>,
): Gate => {
  if (!access) return CLOSED
  const { clock, wanted, log } = access
  const control = dynamicSecurity({ clock, publish })
  const inStep = async (name: string | null): Promise<void> => {
    try {
      const commands = await control.reconcile(wanted())
      if (name !== null && wanted().has(name)) await control.cut(name)
      if (commands > 0) log('info', 'changed who may do what at the broker', { commands })
    } catch (error) {
      log('error', 'could not tell the broker who may do what', { error: describeError(error) })
    }
  }
  return {
    subscriptions: [CONTROL_ANSWERS],
    opened: () => void inStep(null),
    lost: () => control.lost(),
    hear: (payload) => control.hear(payload),
    cut: (name) => void inStep(name),
  }
}
