import { type Clock, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys.ts'
import { type ModemBox, modemBox } from './modem-box.ts'
import { hasService, type ModemWorld, type SimulatedSim } from './modem-world.ts'

export type TermuxPhone = ModemBox & { readonly exec: Sys['exec'] }

/** @param whole whether the phone prints all its fields: those of Android 11; else those of Android 7, in which `dbm` is RSRP */
export const simulatedTermuxPhone = (clock: Clock, whole = true): TermuxPhone => {
  const box = modemBox(clock, { gone: 'exec-failed', silent: 'exec-timeout' })
  return {
    ...box,
    async exec(program, _args, timeout = seconds(10)) {
      if (program === 'termux-telephony-deviceinfo')
        return box.answer(program, timeout, () => `${JSON.stringify(device(box.world()), null, 2)}\n`)
      if (program === 'termux-telephony-cellinfo')
        return box.answer(program, timeout, () => `${JSON.stringify(cells(box.world(), whole), null, 2)}\n`)
      throw new InfraError('exec-failed', `${program} is not installed`)
    },
  }
}

const SIMS: Readonly<Record<SimulatedSim, string>> = {
  ready: 'ready',
  absent: 'absent',
  locked: 'pin_required',
  invalid: 'network_locked',
}

const device = (world: ModemWorld): object => {
  const serves = hasService(world)
  return {
    data_enabled: 'true',
    data_activity: 'none',
    data_state: serves && world.connection === 'connected' ? 'connected' : 'disconnected',
    device_id: null,
    phone_count: 2,
    phone_type: 'gsm',
    network_operator: serves ? world.plmn : '',
    network_operator_name: serves ? world.operator : '',
    network_type: serves ? 'lte' : 'unknown',
    network_roaming: serves && world.roaming,
    sim_state: SIMS[world.sim],
  }
}

const cells = (world: ModemWorld, whole: boolean): object[] => {
  const { radio, plmn } = world
  if (!radio) return []
  const [mcc, mnc] = [Number(plmn.slice(0, 3)), Number(plmn.slice(3))]
  const neighbour = { type: 'lte', registered: false, dbm: -75, level: 4, ci: 11, pci: 12, mcc, mnc }
  const others = { type: 'lte', registered: true, dbm: -60, level: 4, ci: 13, pci: 14, mcc, mnc: mnc + 1 }
  const known = {
    ...(radio.rsrpDbm === null ? {} : { rsrp: radio.rsrpDbm }),
    ...(radio.rsrqDb === null ? {} : { rsrq: radio.rsrqDb }),
    ...(radio.rssiDbm === null ? {} : { rssi: radio.rssiDbm }),
    bands: [Number(radio.band)],
  }
  const ours = {
    type: 'lte',
    registered: hasService(world),
    asu: 54,
    dbm: radio.rsrpDbm ?? 2_147_483_647,
    level: 3,
    ci: Number(radio.cellId),
    pci: radio.pci,
    mcc,
    mnc,
    ...(whole ? known : {}),
  }
  return [neighbour, others, ours]
}
