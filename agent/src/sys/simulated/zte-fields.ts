import { hasService, type ModemWorld, type SimulatedConnection, type SimulatedSim } from './modem-world.ts'

/** What serves the simulated modem: LTE, NR beside it, or NR alone. */
export type ZteNetwork = 'LTE' | 'ENDC' | 'SA'

/** Everything that a device says of the world, by name; a value that it does not have is blank. */
export const zteFields = (world: ModemWorld, network: ZteNetwork): Readonly<Record<string, string>> => ({
  modem_main_state: MAIN_STATES[world.sim],
  ppp_status: hasService(world) ? PPP[world.connection] : 'ppp_disconnected',
  signalbar: world.radio ? '4' : '0',
  network_type: hasService(world) ? network : world.radio ? 'LIMITED_SERVICE' : 'NO_SERVICE',
  network_provider: hasService(world) ? world.operator : '',
  simcard_roam: hasService(world) ? (world.roaming ? 'International' : 'Home') : '',
  rmcc: hasService(world) ? world.plmn.slice(0, 3) : '',
  rmnc: hasService(world) ? world.plmn.slice(3) : '',
  ...radioFields(world, network),
  monthly_rx_bytes: text(world.month?.rxBytes),
  monthly_tx_bytes: text(world.month?.txBytes),
  realtime_rx_thrpt: world.connection === 'connected' ? '23442' : '0',
  realtime_tx_thrpt: world.connection === 'connected' ? '1704' : '0',
})

/** The names that a device may keep to itself before a login. */
export const isZteRadio = (name: string): boolean =>
  /^(?:lte_|Z5g_|nr5g_|rssi$|cell_id$|wan_active_band$)/.test(name)

const radioFields = ({ radio }: ModemWorld, network: ZteNetwork): Record<string, string> => ({
  // The LTE fields keep what they were when NR alone serves, as real firmwares do.
  lte_rsrp: text(radio?.rsrpDbm),
  lte_rsrq: text(radio?.rsrqDb),
  lte_snr: text(radio?.sinrDb),
  lte_rssi: text(radio?.rssiDbm),
  lte_pci: radio ? radio.pci.toString(16) : '',
  rssi: text(radio?.rsrpDbm),
  wan_active_band: radio ? `LTE BAND ${radio.band}` : '',
  cell_id: radio ? Number(radio.cellId).toString(16) : '',
  ...(network === 'LTE' || !radio
    ? { Z5g_rsrp: '', Z5g_SINR: '', nr5g_pci: '', nr5g_cell_id: '', nr5g_action_band: '' }
    : NR_CELL),
})

const NR_CELL = {
  Z5g_rsrp: '-97',
  Z5g_SINR: '13.5',
  nr5g_pci: '2e9',
  nr5g_cell_id: '13ea0d535',
  nr5g_action_band: 'n78',
} as const

const text = (value: number | null | undefined): string => String(value ?? '')

const MAIN_STATES: Readonly<Record<SimulatedSim, string>> = {
  ready: 'modem_init_complete',
  absent: 'modem_sim_undetected',
  locked: 'modem_waitpin',
  invalid: 'modem_sim_destroy',
}

const PPP: Readonly<Record<SimulatedConnection, string>> = {
  connected: 'ppp_connected',
  connecting: 'ppp_connecting',
  disconnected: 'ppp_disconnected',
  denied: 'ppp_disconnected',
}
