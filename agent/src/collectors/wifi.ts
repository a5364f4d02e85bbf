import { seconds } from '@infra-home/shared/clock.ts'
import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { parseIwLink } from '../parse/iw.ts'
import type { Sys } from '../sys/sys.ts'
import type { Collector, ObservedState } from './collector.ts'

const PACE = seconds(30)

/** Every Wi-Fi station: where it is associated, and how well. Machines without Wi-Fi pay for one look into a folder. */
export const wifi = (): Collector => ({
  name: 'wifi',
  pace: PACE,
  wakesOn: ['link'],
  async collect(sys) {
    const states: ObservedState[] = []
    const numbers: Record<StateKey, Numbers> = {}
    for (const name of await stations(sys)) {
      const { signalDbm, rxBitrateBps, txBitrateBps, ...body } = parseIwLink(
        await sys.exec('iw', ['dev', name, 'link']),
      )
      states.push({ kind: 'wifi', id: name, body })
      numbers[`wifi/${name}`] = { signalDbm, rxBitrateBps, txBitrateBps }
    }
    return { states, numbers, whole: ['wifi'] }
  },
})

/** Interfaces with a radio behind them. */
const stations = async (sys: Sys): Promise<string[]> => {
  const names = await sys.readDir('/sys/class/net')
  const phys = await Promise.all(names.map((name) => sys.readText(`/sys/class/net/${name}/phy80211/name`)))
  return names.filter((_, i) => phys[i] !== null)
}
