import { hasService, type ModemWorld, type SimulatedSim } from './modem-world.ts'

/** A message in the device's list. */
export type NetgearSending = {
  readonly clientId: string
  readonly receiver: string
  readonly text: string
  readonly status: string
  /** The first look finds it still on its way. */
  isSeen: boolean
}

export type NetgearView = {
  readonly world: ModemWorld
  readonly isAdmin: boolean
  readonly token: string
  /** Nothing of the radio is shown. */
  readonly hidden: boolean
  readonly connection: string
  readonly pinTries: number
  readonly messages: readonly NetgearSending[]
}

/** model.json, as far as anybody reads it. */
export const netgearPage = (view: NetgearView): string => {
  const { world, isAdmin, token, hidden, pinTries } = view
  return JSON.stringify({
    general: { companyName: 'NETGEAR', model: 'simulated', deviceName: 'simulated' },
    session: { userRole: isAdmin ? 'Admin' : 'Guest', lang: 'en', secToken: token },
    sim: {
      pin: { mode: 'Enabled', retry: pinTries, end: '' },
      status: simWord(world.sim, pinTries),
      end: '',
    },
    ...(hidden ? {} : radioPart(view)),
    ...(isAdmin ? { sms: smsPart(view.messages) } : {}),
  })
}

const SIM_WORDS: Readonly<Record<SimulatedSim, string>> = {
  ready: 'Ready',
  absent: 'NotInserted',
  locked: 'Locked',
  invalid: 'Unknown',
}

const simWord = (sim: SimulatedSim, pinTries: number): string =>
  sim === 'locked' && pinTries === 0 ? 'Blocked' : SIM_WORDS[sim]

const radioPart = ({ world, connection }: NetgearView): object => {
  const { radio, traffic, month, operator, plmn, roaming } = world
  const served = hasService(world)
  return {
    wwan: {
      connection: served ? connection : 'Disconnected',
      connectionText: served ? '4G' : 'Disconnected',
      currentNWserviceType: serviceWord(world),
      currentPSserviceType: served ? 'LTE' : 'Unknown',
      registerNetworkDisplay: served ? operator : '',
      registerRejectCode: 0,
      roaming,
      dataTransferred: { totalb: '0', rxb: String(traffic.rxBytes), txb: String(traffic.txBytes) },
      dataUsage: {
        generic: {
          dataLimitValid: true,
          billingDay: 22,
          billingCycleLimit: 107_374_182_400,
          dataTransferred: month ? month.rxBytes + month.txBytes : 0,
        },
      },
      signalStrength: {
        rssi: radio?.rssiDbm ?? 0,
        rscp: 0,
        ecio: 0,
        rsrp: radio?.rsrpDbm ?? 0,
        rsrq: radio?.rsrqDb ?? 0,
        bars: radio ? 4 : 0,
        sinr: radio?.sinrDb ?? 0,
        end: '',
      },
    },
    wwanadv: {
      curBand: radio ? `LTE B${radio.band}` : '',
      radioQuality: radio ? 62 : 0,
      MCC: plmn.slice(0, 3),
      MNC: plmn.slice(3),
      MNCFmt: 2,
      cellId: radio ? Number(radio.cellId) : 0,
      primScode: -1,
      end: '',
    },
  }
}

const serviceWord = (world: ModemWorld): string => {
  if (world.connection === 'denied') return 'LimitedService'
  return hasService(world) ? 'LteService' : 'NoService'
}

const smsPart = (messages: readonly NetgearSending[]): object => ({
  ready: true,
  sendSupported: true,
  msgs: [{}],
  sendMsg: [...messages.map(seen), {}],
})

const seen = (message: NetgearSending): object => {
  const { isSeen, status, ...rest } = message
  message.isSeen = true
  return { ...rest, status: isSeen ? status : 'Sending', errorCode: 0 }
}
