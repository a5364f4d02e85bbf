import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { signalQuality } from '@infra-home/shared/signal-quality.ts'
import type { Level } from './machine.ts'

/** From where down a cell is hardly heard, and from where up it is heard again. */
export type RadioLevels = {
  readonly rsrpFireDbm: number
  readonly rsrpClearDbm: number
  readonly rsrqFireDb: number
  readonly rsrqClearDb: number
  readonly sinrFireDb: number
  readonly sinrClearDb: number
}

export type Finding = { readonly level: Level; readonly cause: string; readonly text: string }

/** How a modem hears its cell, from all that it tells of it; `no-radio` where it tells nothing. Pure. */
export const radioLevel = (id: string, values: Numbers, params: RadioLevels): Finding => {
  const radio = describeRadio(values)
  const readings = [
    { value: values.rsrpDbm, fire: params.rsrpFireDbm, clear: params.rsrpClearDbm },
    { value: values.rsrqDb, fire: params.rsrqFireDb, clear: params.rsrqClearDb },
    { value: values.sinrDb, fire: params.sinrFireDb, clear: params.sinrClearDb },
  ].filter((r): r is { value: number; fire: number; clear: number } => typeof r.value === 'number')
  if (readings.length === 0) return levelOfRssi(id, values, radio)
  if (readings.some(({ value, fire }) => value <= fire)) return heard.hardly(id, radio)
  if (readings.every(({ value, clear }) => value >= clear)) return heard.again(id, radio)
  return heard.poorly(id, radio)
}

/** RSSI counts noise and neighbours in: it speaks where nothing else does. */
const levelOfRssi = (id: string, values: Numbers, radio: string): Finding => {
  switch (signalQuality(values)) {
    case null:
      return { level: 'bad', cause: 'no-radio', text: `${id} reports no radio signal at all` }
    case 'none':
      return heard.hardly(id, radio)
    case 'poor':
      return heard.poorly(id, radio)
    default:
      return heard.again(id, radio)
  }
}

const heard = {
  hardly: (id: string, radio: string): Finding => ({
    level: 'bad',
    cause: 'weak-radio',
    text: `${id} hardly hears its cell: ${radio}`,
  }),
  poorly: (id: string, radio: string): Finding => ({
    level: 'between',
    cause: 'fine',
    text: `${id} hears its cell poorly: ${radio}`,
  }),
  again: (id: string, radio: string): Finding => ({
    level: 'good',
    cause: 'fine',
    text: `${id} hears its cell again: ${radio}`,
  }),
}

/** The values in a few words. */
export const describeRadio = (values: Numbers): string => {
  const parts = [
    typeof values.rsrpDbm === 'number' && `RSRP ${values.rsrpDbm} dBm`,
    typeof values.rsrqDb === 'number' && `RSRQ ${values.rsrqDb} dB`,
    typeof values.sinrDb === 'number' && `SINR ${values.sinrDb} dB`,
    typeof values.rsrpDbm !== 'number' && typeof values.rssiDbm === 'number' && `RSSI ${values.rssiDbm} dBm`,
  ].filter(Boolean)
  return parts.length > 0 ? parts.join(', ') : 'no radio values'
}
