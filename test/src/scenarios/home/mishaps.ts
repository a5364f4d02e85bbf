import type { House } from './house.ts'

/** The only cable of rpi4-2: with it goes its way to the broker. */
export const cableOfServer = (house: House, plugged: boolean): void => {
  house.carrier('rpi4-2', 'eth0', plugged)
  house.device('rpi4-2').cut(!plugged)
}
export const vlan20 = (house: House, up: boolean): void => house.carrier('rpi4-1', 'eth0.20', up)
export const supply = (house: House, node: string, weak: boolean): void =>
  void (house.device(node).machine.underVoltage = weak)
export const lose4G = (house: House): void => {
  house.traffic = 'stands'
  house.modem.setRadio(null)
}
export const regain4G = (house: House): void => {
  house.traffic = 'flows'
  house.modem.setRadio({ rsrpDbm: -95, rsrqDb: -11, sinrDb: 9 })
}
