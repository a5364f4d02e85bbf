import type { Recorder } from './audit/recorder.ts'
import type { Bus } from './broker/bus.ts'
import type { Readiness } from './http/context.ts'
import type { World } from './world/world.ts'

/** Whether this coordinator does all that it is there for, and if not, each reason in a sentence. */
export const readinessOf = (recorder: Recorder, bus: Bus, world: World): Readiness => {
  const { failingSince, error, waiting } = recorder.state()
  const reasons = [
    failingSince !== null &&
      `the journal cannot be written since ${new Date(failingSince).toISOString()} (${error}); ${waiting} entries wait in memory`,
    !bus.connected() && 'the broker is not connected',
    ...(bus.faults?.() ?? []),
    world.deposedBy !== null && `another coordinator rules (epoch ${world.deposedBy})`,
  ].filter((reason) => reason !== false)
  return { ready: reasons.length === 0, reasons }
}
