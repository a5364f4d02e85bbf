import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Modem, ModemReading } from '../modem.ts'

/**
 * A modem whose SIM gets its PIN when a reading says that it wants it: in the background, for it takes as long as a network. A PIN that was
 * refused is not given again by this run, and the reading says why; whether it may be given at all, the driver asks the SIM.
 */
export const givingPin = (modem: Modem, pin: string): Modem => {
  let isGiving = false
  let failure: string | null = modem.simUnlock ? null : 'this driver cannot give a PIN'

  const give = async (): Promise<void> => {
    isGiving = true
    try {
      await modem.simUnlock?.(pin)
    } catch (error) {
      if (!isInfraError(error, 'modem-unreachable')) failure = describeError(error)
    } finally {
      isGiving = false
    }
  }

  return {
    ...modem,
    async read() {
      const reading = await modem.read()
      if (reading.state.state !== 'sim-locked') return reading
      if (failure !== null) return because(reading, failure)
      if (!isGiving) void give()
      return because(reading, 'its PIN is being given')
    },
  }
}

const because = ({ state, numbers }: ModemReading, why: string): ModemReading => ({
  state: { ...state, cause: `${state.cause ?? 'the SIM card is locked'}: ${why}`.slice(0, 256) },
  numbers,
})
