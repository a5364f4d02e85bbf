import type { Recorder } from './audit/recorder.ts'
import type { Bus } from './broker/bus.ts'
import type { Readiness } from './http/context.ts'
import type { World } from './world/world.ts'

/** What is wrong with what the coordinator depends on, each in a sentence; null when nothing is. */
export type Faults = { readonly journal: string | null; readonly broker: string | null }

export const faultsOf = (recorder: Recorder, bus: Bus): Faults => {
  const { failingSince, error } = recorder.state()
  const ofBus = [...(bus.connected() ? [] : ['the broker is not connected']), ...(bus.faults?.() ?? [])]
  return {
    journal:
      failingSince === null
        ? null
        : `the journal cannot be written since ${new Date(failingSince).toISOString()} (${error})`,
    broker: ofBus.length === 0 ? null : ofBus.join('; '),
  }
}

/**
 * Whether this coordinator does all that it is there for, and if not, each reason in a sentence.
 * @param waiting entries that are not on the disk yet
 */
export const readinessOf = (
  faults: Faults,
  { world, waiting }: { readonly world: World; readonly waiting: number },
): Readiness => {
  const deposed = world.deposedBy === null ? null : `another coordinator rules (epoch ${world.deposedBy})`
  const journal = faults.journal && `${faults.journal}; ${waiting} entries wait in memory`
  const reasons = [journal, faults.broker, deposed].filter((reason) => reason !== null)
  return { ready: reasons.length === 0, reasons }
}
