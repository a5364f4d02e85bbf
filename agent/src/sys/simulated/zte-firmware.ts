/** How a simulated ZTE device behaves beyond the words it says; what it does is told from public clients, not captured. */
export type ZteFirmware = {
  readonly innerVersion: string
  readonly crVersion: string
  /** What goes unsaid before a login: nothing, the radio, or everything. */
  readonly hides: 'nothing' | 'radio' | 'all'
  /** The form that lets a user in, and the cookie that comes with it. */
  readonly login: 'LOGIN' | 'LOGIN_MULTI_USER'
  readonly cookie: 'stok' | 'zwsd'
  /** Whether a password goes out hashed with LD, or as base64 from before it. */
  readonly challenge: boolean
  /** Whether a form wants an AD. */
  readonly access: 'md5' | 'sha256' | 'none'
  /** Names that this firmware does not know. */
  readonly lacks: readonly string[]
}

const NR = ['Z5g_rsrp', 'Z5g_SINR', 'nr5g_pci', 'nr5g_cell_id', 'nr5g_action_band']

/** A USB stick that anybody may read. */
export const MF79U: ZteFirmware = {
  innerVersion: 'BD_XCBZHKMF79UV1.0.0B03',
  crVersion: '',
  hides: 'nothing',
  login: 'LOGIN',
  cookie: 'stok',
  challenge: true,
  access: 'md5',
  lacks: NR,
}

/** A stick from before LD, RD and lte_rssi. */
export const MF823: ZteFirmware = {
  ...MF79U,
  innerVersion: 'BD_MF823V1.0.0B01',
  challenge: false,
  access: 'none',
  lacks: [...NR, 'lte_rssi', 'lte_pci', 'LD', 'RD'],
}

/** A 5G router that keeps its radio back until somebody logs in. */
export const MC801A: ZteFirmware = {
  ...MF79U,
  innerVersion: 'BD_UKH3GMC801AV1.0.0B12',
  crVersion: 'CR_UKH3GMC801AV1.0.0B12',
  hides: 'radio',
  lacks: [],
}

/** A 5G router with user names and longer hashes that says nothing to strangers. */
export const MC888: ZteFirmware = {
  ...MC801A,
  innerVersion: 'BD_MC888V1.0.0B05',
  hides: 'all',
  login: 'LOGIN_MULTI_USER',
  cookie: 'zwsd',
  access: 'sha256',
}
