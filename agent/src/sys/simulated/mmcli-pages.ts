import { hasService, type ModemWorld, type SimulatedRadio } from './modem-world.ts'

const BUS = '/org/freedesktop/ModemManager1'

/** What ModemManager remembers of a modem, which is not always what is so. */
export type MmMemory = {
  readonly world: ModemWorld
  readonly number: number
  readonly pinTries: number
  /** As of its last poll. */
  readonly qualityPercent: number
  /** null while nothing was measured since polling was switched on. */
  readonly radio: SimulatedRadio | null
  readonly rateSeconds: number
  readonly hasThresholds: boolean
}

export const modemPath = ({ number }: MmMemory): string => `${BUS}/Modem/${number}`

/** `mmcli -m … -J`, with the fields of 1.20.4 that say anything. */
export const modemPage = (memory: MmMemory): string => {
  const { world, number } = memory
  const state = stateOf(world)
  const isRegistered = state === 'connected' || state === 'connecting' || state === 'registered'
  const isLocked = world.sim === 'locked'
  return page({
    '3gpp': {
      imei: '490154203237518',
      'operator-code': isRegistered ? world.plmn : '--',
      'operator-name': isRegistered ? world.operator : '--',
      'registration-state': registrationOf(world),
    },
    'dbus-path': `${BUS}/Modem/${number}`,
    generic: {
      'access-technologies': isRegistered ? ['lte'] : [],
      bearers: world.sim === 'ready' ? [`${BUS}/Bearer/${number}`] : [],
      device: '/sys/devices/platform/usb1/1-1',
      'equipment-identifier': '490154203237518',
      ports: ['cdc-wdm0 (qmi)', 'ttyUSB2 (at)', 'wwan0 (net)'],
      'primary-port': 'cdc-wdm0',
      'signal-quality': { recent: 'yes', value: String(memory.qualityPercent) },
      sim: world.sim === 'absent' ? '--' : `${BUS}/SIM/${number}`,
      state,
      'state-failed-reason': FAILED[world.sim] ?? '--',
      'unlock-required': isLocked ? 'sim-pin' : '--',
      'unlock-retries': [`sim-pin (${memory.pinTries})`, 'sim-puk (10)'],
    },
  })
}

/** `mmcli -m … --signal-get -J` */
export const signalPage = ({ radio, rateSeconds, hasThresholds }: MmMemory): string => {
  const none = { rsrp: '--', rsrq: '--', rssi: '--', snr: '--' }
  const lte = radio && {
    rsrp: decimal(radio.rsrpDbm),
    rsrq: decimal(radio.rsrqDb),
    rssi: decimal(radio.rssiDbm),
    snr: decimal(radio.sinrDb),
  }
  return page({
    signal: {
      '5g': { rsrp: '--', rsrq: '--', snr: '--' },
      gsm: { rssi: '--' },
      lte: lte ?? none,
      refresh: { rate: String(rateSeconds) },
      threshold: { 'error-rate': 'no', rssi: hasThresholds ? '5' : '0' },
      umts: { ecio: '--', rscp: '--', rssi: '--' },
    },
  })
}

/** `mmcli -m … --location-get -J` */
export const locationPage = ({ radio, world }: MmMemory): string => {
  const cell = (radio ?? world.radio)?.cellId
  const cid = cell === undefined ? '--' : Number(cell).toString(16).toUpperCase().padStart(8, '0')
  return page({ location: { '3gpp': { cid, lac: '0000', mcc: '260', mnc: '03', tac: '001234' } } })
}

/** `mmcli -b … -J` */
export const bearerPage = ({ world, number }: MmMemory): string =>
  `${JSON.stringify({
    bearer: {
      'dbus-path': `${BUS}/Bearer/${number}`,
      properties: { apn: 'internet', password: 'of the bearer', user: 'me' },
      stats: {
        'bytes-rx': '1000',
        'bytes-tx': '500',
        'total-bytes-rx': String(world.traffic.rxBytes),
        'total-bytes-tx': String(world.traffic.txBytes),
      },
      status: { connected: world.connection === 'connected' ? 'yes' : 'no' },
    },
  })}\n`

/** `mmcli -L -J` */
export const listPage = (memory: MmMemory): string =>
  `${JSON.stringify({ 'modem-list': [modemPath(memory)] })}\n`

const page = (modem: object): string => `${JSON.stringify({ modem })}\n`

const decimal = (value: number | null): string => (value === null ? '--' : value.toFixed(2))

const FAILED: Readonly<Partial<Record<ModemWorld['sim'], string>>> = {
  absent: 'sim-missing',
  invalid: 'sim-error',
}

/** A lost signal changes nothing of this: modems that do not report it leave ModemManager with what it knew. */
const stateOf = (world: ModemWorld): string => {
  if (world.sim === 'locked') return 'locked'
  if (world.sim !== 'ready') return 'failed'
  if (world.connection === 'denied') return 'enabled'
  return world.connection === 'disconnected' ? 'registered' : world.connection
}

const registrationOf = (world: ModemWorld): string => {
  if (world.sim !== 'ready') return '--'
  if (world.connection === 'denied') return 'denied'
  return world.roaming ? 'roaming' : 'home'
}

/** Whether the modem would measure anything if it were asked now. */
export const hears = (world: ModemWorld): boolean => hasService({ ...world, connection: 'connected' })
