import type { Clock } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { parseMmBearer } from '../../parse/mmcli-bearer.ts'
import { parseMmCell } from '../../parse/mmcli-location.ts'
import type { MmModem, MmState } from '../../parse/mmcli-modem.ts'
import { type Measured, measureSignal } from './measure.ts'
import type { Mmcli } from './mmcli.ts'

export type Usage = { readonly rxBytes: number | null; readonly txBytes: number | null }

/** One round of answers. */
export type MmPoll = {
  readonly modem: MmModem
  /** null when the radio is off: nothing was asked. An error is what came instead. */
  readonly measured: Measured | Error | null
  readonly cellId: string | null
  readonly usage: Usage
}

const RADIO_IS_ON: ReadonlySet<MmState> = new Set<MmState>([
  'enabled',
  'searching',
  'registered',
  'disconnecting',
  'connecting',
  'connected',
])
/** A modem that reconnects has a few; each costs a question. */
const MOST_BEARERS = 4

/** Asks what there is to ask of a modem in its state. Never throws for what a modem or ModemManager does. */
export const pollModemManager = async (mmcli: Mmcli, clock: Clock, modem: MmModem): Promise<MmPoll> => {
  const on = RADIO_IS_ON.has(modem.state)
  const [measured, cellId, usage] = await Promise.all([
    on ? measureSignal(mmcli, clock, modem.path).catch(failure) : null,
    on ? cellOf(mmcli, modem.path) : null,
    usageOf(mmcli, modem.bearers.slice(-MOST_BEARERS)),
  ])
  return { modem, measured, cellId, usage }
}

const failure = (error: unknown): Error => {
  if (isInfraError(error)) return error
  throw error
}

const nullOf = (error: unknown): null => {
  failure(error)
  return null
}

const cellOf = (mmcli: Mmcli, path: string): Promise<string | null> =>
  mmcli(['-m', path, '--location-get', '-J']).then(parseMmCell).catch(nullOf)

/** What all its data sessions carried since ModemManager knows the modem. */
const usageOf = async (mmcli: Mmcli, bearers: readonly string[]): Promise<Usage> => {
  const found = await Promise.all(
    bearers.map((bearer) => mmcli(['-b', bearer, '-J']).then(parseMmBearer).catch(nullOf)),
  )
  if (found.includes(null)) return { rxBytes: null, txBytes: null }
  const sum = (way: 'rxBytes' | 'txBytes'): number | null => {
    const known = found.flatMap((bearer) => bearer?.[way] ?? [])
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  return { rxBytes: sum('rxBytes'), txBytes: sum('txBytes') }
}
