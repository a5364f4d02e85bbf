import type { SimulatedHilink } from './hilink-device.ts'
import type { SimulatedMachine } from './machine.ts'
import type { SimulatedSys } from './sys.ts'

export type SimulatedHome = {
  readonly machines: ReadonlyMap<string, { readonly machine: SimulatedMachine; readonly sys: SimulatedSys }>
  readonly modem: SimulatedHilink
}

/** What goes wrong in a simulated home, by the second of a quarter of an hour at which it begins and ends. */
export type Fault = {
  readonly name: string
  readonly from: number
  readonly to: number
  begin(home: SimulatedHome): void
  end(home: SimulatedHome): void
}

export const ROUND_SECONDS = 900

/** A cable is pulled or plugged, or a VLAN lost or back: the machine's kernel says so. */
export const setCarrier = (
  home: Pick<SimulatedHome, 'machines'>,
  node: string,
  name: string,
  carrier: boolean,
): void => {
  const found = home.machines.get(node)
  const nic = found?.machine.interfaces.find((i) => i.name === name)
  if (!found || !nic) return
  nic.carrier = carrier
  nic.carrierChanges++
  found.sys.announce(`2: ${name}: <BROADCAST,MULTICAST,UP> mtu 1500`)
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'the cable of rpi4-2 is pulled',
    from: 120,
    to: 180,
    begin: (home) => setCarrier(home, 'rpi4-2', 'eth0', false),
    end: (home) => setCarrier(home, 'rpi4-2', 'eth0', true),
  },
  {
    name: 'the 4G signal is lost',
    from: 300,
    to: 420,
    begin: (home) => home.modem.setRadio(null),
    end: (home) => home.modem.setRadio({}),
  },
  {
    name: 'VLAN 20 goes down on the router',
    from: 540,
    to: 600,
    begin: (home) => setCarrier(home, 'rpi4-1', 'eth0.20', false),
    end: (home) => setCarrier(home, 'rpi4-1', 'eth0.20', true),
  },
  {
    name: 'the supply of rpi3a-ctl is too weak',
    from: 660,
    to: 720,
    begin: (home) => power(home, 'rpi3a-ctl', true),
    end: (home) => power(home, 'rpi3a-ctl', false),
  },
]

const power = (home: SimulatedHome, node: string, underVoltage: boolean): void => {
  const found = home.machines.get(node)
  if (found) found.machine.underVoltage = underVoltage
}

/** Moves everything by one second: values wander, faults begin and end. `chance` gives 0…1. */
export const passSecond = (home: SimulatedHome, second: number, chance: () => number): void => {
  wander(home, chance)
  const now = second % ROUND_SECONDS
  for (const fault of FAULTS) {
    if (now === fault.from) fault.begin(home)
    if (now === fault.to) fault.end(home)
  }
}

/** Counters grow and values move a little; what somebody has set beyond its usual range stays. */
export const wander = ({ machines }: Pick<SimulatedHome, 'machines'>, chance: () => number): void => {
  const drift = (value: number, by: number, least: number, most: number): number => {
    const moved = value + (chance() - 0.5) * by
    return value < least || value > most ? value : Math.min(most, Math.max(least, moved))
  }
  for (const { machine } of machines.values()) {
    machine.temperatureC = drift(machine.temperatureC, 0.6, 38, 72)
    machine.load1 = drift(machine.load1, 0.05, 0.02, 2)
    machine.memoryAvailableBytes = drift(machine.memoryAvailableBytes, 4e6, 1e8, 4e8)
    if (machine.wifi) machine.wifi.signalDbm = drift(machine.wifi.signalDbm, 2, -78, -40)
    for (const nic of machine.interfaces) {
      if (!nic.carrier) continue
      nic.rxBytes += chance() * 200_000
      nic.txBytes += chance() * 60_000
    }
  }
}
