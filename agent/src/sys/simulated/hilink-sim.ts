import { parseFlatXml } from '../../parse/flat-xml.ts'
import { type Element, errorXml, okXml } from './hilink-pages.ts'
import type { SimulatedSim } from './modem-world.ts'

/** The SIM card's own counting of wrong PINs. */
export type HilinkSim = {
  page(sim: SimulatedSim): readonly Element[]
  /** What the device says to pin/operate; `unlocked` when the PIN was right. */
  operate(body: string): { readonly xml: string; readonly unlocked: boolean }
  /** How often a PIN was given, and what is left. */
  counts(): { readonly given: number; readonly left: number }
}

const TRIES = 3
const CODES: Readonly<Record<SimulatedSim, number>> = { ready: 257, absent: 255, locked: 260, invalid: 256 }
const PUK_WANTED = 261
/** Firmwares read the elements of a request by position. */
const REQUEST =
  /<OperateType>0<\/OperateType><CurrentPin>.*<\/CurrentPin><NewPin><\/NewPin><PukCode><\/PukCode>/

export const hilinkSim = (pin: string): HilinkSim => {
  let left = TRIES
  let given = 0
  return {
    page: (sim) => [
      ['SimState', sim === 'locked' && left === 0 ? PUK_WANTED : CODES[sim]],
      ['PinOptState', 258],
      ['SimPinTimes', left],
      ['SimPukTimes', 10],
    ],
    operate(body) {
      const xml = parseFlatXml(body)
      if (xml.kind !== 'document' || !REQUEST.test(body)) return { xml: errorXml(100_005), unlocked: false }
      given++
      const unlocked = left > 0 && xml.fields.get('CurrentPin') === pin
      left = unlocked ? TRIES : Math.max(0, left - 1)
      return { xml: unlocked ? okXml() : errorXml(103_002), unlocked }
    },
    counts: () => ({ given, left }),
  }
}
