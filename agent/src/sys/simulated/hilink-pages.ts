import { hasService, type ModemWorld, type SimulatedConnection, type SimulatedSim } from './modem-world.ts'

export type Element = readonly [name: string, text: string | number]

/** The elements that a HiLink device answers with, by path; null when it has no such page. */
export const hilinkPage = (path: string, world: ModemWorld): readonly Element[] | null =>
  PAGES[path]?.(world) ?? null

/** A flat document of the device's kind. */
export const renderXml = (root: string, elements: readonly Element[]): string => {
  const lines = elements.map(([name, text]) => `<${name}>${escapeText(String(text))}</${name}>`)
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<${root}>`, ...lines, `</${root}>`, ''].join('\r\n')
}

export const errorXml = (code: number): string =>
  renderXml('error', [
    ['code', code],
    ['message', ''],
  ])

export const okXml = (): string => '<?xml version="1.0" encoding="UTF-8"?><response>OK</response>'

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const withUnit = (value: number | null | undefined, unit: string): string =>
  value === null || value === undefined ? '' : `${value}${unit}`

const signalPage = ({ radio, plmn }: ModemWorld): readonly Element[] => [
  ['pci', radio?.pci ?? ''],
  ['sc', ''],
  ['cell_id', radio?.cellId ?? ''],
  ['rsrq', withUnit(radio?.rsrqDb, 'dB')],
  ['rsrp', withUnit(radio?.rsrpDbm, 'dBm')],
  ['rssi', rssiText(radio?.rssiDbm)],
  ['sinr', withUnit(radio?.sinrDb, 'dB')],
  ['rscp', ''],
  ['ecio', ''],
  ['mode', radio ? 7 : ''],
  ['band', radio?.band ?? ''],
  ['plmn', radio ? plmn : ''],
]

/** The device prints the ends of its scale as bounds. */
const rssiText = (value: number | null | undefined): string =>
  typeof value === 'number' && value >= -51 ? '>=-51dBm' : withUnit(value, 'dBm')

const statusPage = (world: ModemWorld): readonly Element[] => [
  ['ConnectionStatus', connectionCode(world)],
  ['SignalStrength', ''],
  ['SignalIcon', world.radio ? 4 : 0],
  ['CurrentNetworkType', 19],
  ['CurrentServiceDomain', 3],
  ['RoamingStatus', world.roaming ? 1 : 0],
  ['ServiceStatus', hasService(world) ? 2 : 1],
  ['SimStatus', SIM_CODES[world.sim]],
  ['CurrentNetworkTypeEx', 101],
  ['maxsignal', 5],
  ['classify', 'hilink'],
]

const connectionCode = (world: ModemWorld): number =>
  hasService(world) || world.connection === 'denied' ? CONNECTION_CODES[world.connection] : 902

const CONNECTION_CODES: Readonly<Record<SimulatedConnection, number>> = {
  connected: 901,
  connecting: 900,
  disconnected: 902,
  denied: 7,
}
const SIM_CODES: Readonly<Record<SimulatedSim, number>> = { ready: 1, absent: 0, locked: 255, invalid: 255 }
const operatorPage = (world: ModemWorld): readonly Element[] => {
  const served = hasService(world)
  return [
    ['State', 0],
    ['FullName', served ? world.operator : ''],
    ['ShortName', served ? world.operator : ''],
    ['Numeric', served ? world.plmn : ''],
    ['Rat', served ? 7 : ''],
  ]
}

const trafficPage = ({ traffic, connection }: ModemWorld): readonly Element[] => [
  ['CurrentConnectTime', 254_310],
  ['CurrentUpload', 787_033_379],
  ['CurrentDownload', 20_707_877_903],
  ['CurrentDownloadRate', connection === 'connected' ? 23_442 : 0],
  ['CurrentUploadRate', connection === 'connected' ? 1704 : 0],
  ['TotalUpload', traffic.txBytes],
  ['TotalDownload', traffic.rxBytes],
  ['TotalConnectTime', 431_017],
  ['showtraffic', 1],
]

const monthPage = ({ month }: ModemWorld): readonly Element[] | null =>
  month && [
    ['CurrentMonthDownload', month.rxBytes],
    ['CurrentMonthUpload', month.txBytes],
  ]

const PAGES: Readonly<Record<string, (world: ModemWorld) => readonly Element[] | null>> = {
  'device/signal': signalPage,
  'monitoring/status': statusPage,
  'net/current-plmn': operatorPage,
  'monitoring/traffic-statistics': trafficPage,
  'monitoring/month_statistics': monthPage,
  'monitoring/start_date': ({ month }) =>
    month && [
      ['StartDay', 5],
      ['DataLimit', '50GB'],
      ['MonthThreshold', 90],
      ['SetMonthData', 1],
    ],
}
