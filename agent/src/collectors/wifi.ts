import { seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { inRange } from '@infra-home/shared/units.ts'
import { type IwLink, parseIwLink, parseIwMode } from '../parse/iw.ts'
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
    for (const name of await radios(sys)) {
      const link = await station(sys, name)
      if (!link) continue
      const { signalDbm, rxBitrateBps, txBitrateBps, ...body } = link
      states.push({ kind: 'wifi', id: name, body })
      numbers[`wifi/${name}`] = {
        signalDbm: inRange('signalDbm', signalDbm),
        rxBitrateBps: inRange('rxBitrateBps', rxBitrateBps),
        txBitrateBps: inRange('txBitrateBps', txBitrateBps),
      }
    }
    return { states, numbers, whole: ['wifi'] }
  },
})

const phyOf = (sys: Sys, name: string): Promise<string | null> =>
  sys.readText(`/sys/class/net/${name}/phy80211/name`)

/** Interfaces with a radio behind them. */
const radios = async (sys: Sys): Promise<string[]> => {
  const names = await sys.readDir('/sys/class/net')
  const phys = await Promise.all(names.map((name) => phyOf(sys, name)))
  return names.filter((_, i) => phys[i] !== null)
}

/** What the station says; null when it is none (an access point is never "connected") or has just gone. */
const station = async (sys: Sys, name: string): Promise<IwLink | null> => {
  try {
    const link = parseIwLink(await sys.exec('iw', ['dev', name, 'link']))
    return link.associated || (await mayBeStation(sys, name)) ? link : null
  } catch (error) {
    if ((await phyOf(sys, name)) === null) return null
    throw error
  }
}

const mayBeStation = async (sys: Sys, name: string): Promise<boolean> => {
  try {
    const mode = parseIwMode(await sys.exec('iw', ['dev', name, 'info']))
    return mode === null || mode === 'managed' || mode === 'P2P-client'
  } catch (error) {
    if (isInfraError(error, 'exec-failed')) return true // it answered a moment ago: better told of than left out
    throw error
  }
}
