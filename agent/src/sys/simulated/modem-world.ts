/** What the simulated modem's radio, SIM and connection are like; everything else is derived from it. */
export type SimulatedRadio = {
  readonly rsrpDbm: number | null
  readonly rsrqDb: number | null
  readonly sinrDb: number | null
  readonly rssiDbm: number | null
  readonly band: string
  readonly cellId: string
  readonly pci: number
}

export type SimulatedSim = 'ready' | 'absent' | 'locked' | 'invalid'
export type SimulatedConnection = 'connected' | 'connecting' | 'disconnected' | 'denied'
export type SimulatedTraffic = { readonly rxBytes: number; readonly txBytes: number }

export type ModemWorld = {
  /** null: no signal at all */
  readonly radio: SimulatedRadio | null
  readonly sim: SimulatedSim
  readonly connection: SimulatedConnection
  readonly roaming: boolean
  readonly operator: string
  readonly plmn: string
  readonly traffic: SimulatedTraffic
  readonly month: SimulatedTraffic | null
}

export const HEALTHY_RADIO: SimulatedRadio = {
  rsrpDbm: -86,
  rsrqDb: -14,
  sinrDb: 10,
  rssiDbm: -61,
  band: '7',
  cellId: '44294436',
  pci: 43,
}

export const HEALTHY_MODEM: ModemWorld = {
  radio: HEALTHY_RADIO,
  sim: 'ready',
  connection: 'connected',
  roaming: false,
  operator: 'Orange',
  plmn: '26003',
  traffic: { rxBytes: 31_003_595_763, txBytes: 1_140_231_732 },
  month: { rxBytes: 20_000_000_000, txBytes: 900_000_000 },
}

/** Whether the network serves this modem now. */
export const hasService = (world: ModemWorld): boolean =>
  world.radio !== null && world.sim === 'ready' && world.connection !== 'denied'
