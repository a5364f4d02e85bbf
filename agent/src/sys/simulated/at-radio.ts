import type { AtInside } from './at-state.ts'
import type { SimulatedRadio } from './modem-world.ts'

type Radio = SimulatedRadio | null
type Value = number | null | undefined

/** The step of a value, from that of step 0 on. What no step can be is said all the same: a modem gone wrong does. */
const step = (value: Value, low: number, width: number, unknown: number): number =>
  typeof value !== 'number' ? unknown : Math.round((value - low) / width)

export const csq = (radio: Radio): string => `+CSQ: ${step(radio?.rssiDbm, -113, 2, 99)},99`

export const cesq = (radio: Radio): string =>
  `+CESQ: 99,99,255,255,${step(radio?.rsrqDb, -20, 0.5, 255)},${step(radio?.rsrpDbm, -141, 1, 255)}`

export const hcsq = (radio: Radio): string => {
  if (radio === null) return '^HCSQ: "NOSERVICE"'
  const steps = [
    step(radio.rssiDbm, -121, 1, 255),
    step(radio.rsrpDbm, -141, 1, 255),
    step(radio.sinrDb, -20.2, 0.2, 255),
    step(radio.rsrqDb, -20, 0.5, 255),
  ]
  return `^HCSQ: "LTE",${steps.join(',')}`
}

/** Twenty megahertz in band and cell of the world. */
export const qeng = ({ world, sinr }: Pick<AtInside, 'world' | 'sinr'>): string => {
  const { radio, plmn, connection } = world()
  if (radio === null) return '+QENG: "servingcell","SEARCH"'
  const { rsrpDbm, rsrqDb, rssiDbm, sinrDb } = radio
  const printed = sinr === 'db' || sinrDb === null ? sinrDb : step(sinrDb, -20, 0.2, 0)
  const values = [rsrpDbm, rsrqDb, rssiDbm, printed].map((value) => value ?? '-')
  const cell = Number(radio.cellId).toString(16).toUpperCase()
  const state = connection === 'denied' ? 'LIMSRV' : 'NOCONN'
  return (
    `+QENG: "servingcell","${state}","LTE","FDD",${plmn.slice(0, 3)},${plmn.slice(3)},${cell},` +
    `${radio.pci},3025,${radio.band},5,5,E02E,${values.join(',')},33`
  )
}
