import { elapsed, hours, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { parseDumpsysBattery } from '../parse/dumpsys-battery.ts'
import type { Collector, Reading } from './collector.ts'

/** A battery changes slowly, and asking wakes the phone a little. */
const EVERY = seconds(60)
/** What has no dumpsys is no phone. */
const AGAIN = hours(6)

const NOTHING: Reading = { states: [], numbers: {}, whole: [] }

/** The battery of an Android phone. */
export const battery = (): Collector => {
  let missingAt: MonoMs | null = null
  let isPhone = false
  return {
    name: 'battery',
    pace: EVERY,
    wakesOn: [],
    async collect(sys) {
      const { mono } = sys.clock.now()
      if (missingAt !== null && elapsed(missingAt, mono) < AGAIN) return NOTHING
      try {
        const { state, percent, temperatureC } = parseDumpsysBattery(await sys.exec('dumpsys', ['battery']))
        isPhone = true
        return {
          states: [{ kind: 'battery', id: 'own', body: state }],
          numbers: { 'battery/own': { batteryPercent: percent, temperatureC } },
          whole: ['battery'],
        }
      } catch (error) {
        if (isPhone || !isInfraError(error, 'exec-failed')) throw error
        missingAt = mono
        return NOTHING
      }
    },
  }
}
