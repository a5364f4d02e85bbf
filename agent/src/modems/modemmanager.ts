import { later, seconds } from '@infra-home/shared/clock.ts'
import * as Type from 'typebox'
import type { MmModem } from '../parse/mmcli-modem.ts'
import type { MmRadio } from '../parse/mmcli-signal.ts'
import { turnstile } from '../turnstile.ts'
import { judgeFailure } from './judge.ts'
import { parseMmList, parseMmModem } from '../parse/mmcli-modem.ts'
import type { Able, ModemDriver, ModemPorts } from './modem.ts'
import { type Belief, believe, hasValues } from './modemmanager/believe.ts'
import { modemFinder } from './modemmanager/find.ts'
import { type Mmcli, mmcliOrders, mmcliUntil } from './modemmanager/mmcli.ts'
import { reconnectModem, sendMessage, unlockSim } from './modemmanager/orders.ts'
import { type MmPoll, pollModemManager } from './modemmanager/poll.ts'
import { blankReading, modemManagerReading } from './modemmanager/reading.ts'

const ModemManagerConfigSchema = Type.Object(
  {
    modem: Type.Optional(
      Type.String({
        pattern: '^(any|\\d{1,4}|\\d{14,16}|/sys/[\\w/.:-]{1,240}|(/dev/)?[A-Za-z][\\w.:-]{1,63})$',
        description:
          'which one: an IMEI, a device (/sys/devices/…), a port (ttyUSB2, cdc-wdm0), a number of ModemManager (which changes when the modem was away), or any, which it is unless given',
      }),
    ),
  },
  { additionalProperties: false },
)

export type ModemManagerConfig = Type.Static<typeof ModemManagerConfigSchema>

type Ports = Pick<ModemPorts, 'exec' | 'clock'>

/** Modems that ModemManager looks after, asked through mmcli. */
export const modemmanager = {
  name: 'modemmanager',
  configSchema: ModemManagerConfigSchema,
  create: (config: ModemManagerConfig, ports: Ports) => createModem(config.modem ?? 'any', ports),
  recognition: {
    here: async ({ exec }) => {
      const paths = parseMmList(await exec('mmcli', ['-L', '-J']))
      return Promise.all(
        paths.map(async (path) => {
          const { imei } = parseMmModem(await exec('mmcli', ['-m', path, '-J']))
          const modem = imei ?? path.replace(/^.*\//, '')
          return { where: path, sure: true, why: 'ModemManager looks after it', config: { modem } }
        }),
      )
    },
  },
} satisfies ModemDriver<ModemManagerConfig>

/** A whole read is over after this time. */
const LONGEST_READ = seconds(4)

/** It can do whatever a modem may be able to; whether this one can, ModemManager says. */
type ManagedModem = Able<'reconnect' | 'reboot' | 'sendSms' | 'simUnlock'>

const createModem = (wanted: string, ports: Ports): ManagedModem => {
  const find = modemFinder(wanted)
  const beliefs = beliefsOver()
  const reads = turnstile() // one that clears the signal would take it from another
  const orders = turnstile()
  let underWay = 0
  const order = (doing: (mmcli: Mmcli, modem: MmModem) => Promise<unknown>): Promise<void> =>
    orders(async () => {
      const mmcli = mmcliOrders(ports)
      underWay++
      try {
        await doing(mmcli, await find(mmcli))
      } finally {
        underWay--
      }
    })
  return {
    read: () =>
      reads(async () => {
        const mmcli = mmcliUntil(ports, later(ports.clock.now().mono, LONGEST_READ))
        try {
          const begun = underWay
          const poll = await pollModemManager(mmcli, ports.clock, await find(mmcli))
          return modemManagerReading(poll, beliefs(poll, begun + underWay > 0), wanted)
        } catch (error) {
          return blankReading(judgeFailure(error, 'modem'), wanted)
        }
      }),
    reconnect: () => order((mmcli, modem) => reconnectModem(mmcli, modem, ports.clock)),
    reboot: () => order((mmcli, modem) => mmcli(['-m', modem.path, '--reset'])),
    sendSms: (message) => order((mmcli, modem) => sendMessage(mmcli, modem, message)),
    simUnlock: (pin) => order((mmcli, modem) => unlockSim(mmcli, modem, pin)),
  }
}

/**
 * Beliefs over a row of reads: what a modem showed last counts until it has another place in ModemManager, or its place another modem. One whose IMEI
 * could not be read is still itself.
 */
const beliefsOver = (): ((poll: MmPoll, isBusy: boolean) => Belief | null) => {
  let last: { readonly path: string; readonly imei: string | null; readonly radio: MmRadio } | null = null
  return ({ modem: { path, imei, quality }, measured }, isBusy) => {
    if (measured === null || measured instanceof Error) return null
    const isSame = last?.path === path && (imei === null || last.imei === null || last.imei === imei)
    const before = isSame ? last : null
    if (hasValues(measured.radio)) last = { path, imei: imei ?? before?.imei ?? null, radio: measured.radio }
    return believe(measured, { quality, before: before?.radio ?? null, isBusy })
  }
}
