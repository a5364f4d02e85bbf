import { carries, type SimulatedMachine } from './machine.ts'

const KILOBYTE = 1024

/** The text of a file of /proc or /sys on the machine; null where it has none. */
export const showFile = (machine: SimulatedMachine, path: string): string | null => {
  const make = FILES[path]
  if (make) return make(machine)
  const [, name, file] = /^\/sys\/class\/net\/([^/]+)\/(.+)$/.exec(path) ?? []
  return name && file ? showNetFile(machine, name, file) : null
}

const pressure = (): string => 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'

const FILES: Readonly<Record<string, (machine: SimulatedMachine) => string | null>> = {
  '/proc/net/dev': showNetDev,
  '/proc/net/route': showNetRoute,
  '/proc/net/arp': showArp,
  '/proc/meminfo': ({ memoryTotalBytes, memoryAvailableBytes }) =>
    `MemTotal:       ${memoryTotalBytes / KILOBYTE} kB\nMemAvailable:   ${Math.round(memoryAvailableBytes / KILOBYTE)} kB\n`,
  '/proc/loadavg': ({ load1 }) => `${load1.toFixed(2)} 0.10 0.05 1/120 4242\n`,
  '/proc/pressure/cpu': pressure,
  '/proc/pressure/memory': pressure,
  '/proc/pressure/io': pressure,
  '/proc/sys/kernel/osrelease': () => '6.12.47-simulated\n',
  '/sys/class/thermal/thermal_zone0/temp': ({ temperatureC }) => `${Math.round(temperatureC * 1000)}\n`,
  '/sys/devices/platform/soc/soc:firmware/get_throttled': ({ underVoltage }) =>
    underVoltage ? '50001\n' : '0\n',
}

function showNetDev({ interfaces }: SimulatedMachine): string {
  const rows = interfaces.map(
    ({ name, rxBytes, txBytes }) =>
      `${name}: ${Math.round(rxBytes)} 0 0 0 0 0 0 0 ${Math.round(txBytes)} 0 0 0 0 0 0 0`,
  )
  return ['Inter-|   Receive', ' face |bytes', ...rows, ''].join('\n')
}

function showNetRoute({ gateway }: SimulatedMachine): string {
  if (!gateway) return 'Iface\tDestination\tGateway\n'
  const hex = gateway.address
    .split('.')
    .reverse()
    .map((byte) => Number(byte).toString(16).padStart(2, '0').toUpperCase())
    .join('')
  return `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n${gateway.interface}\t00000000\t${hex}\t0003\t0\t0\t0\t00000000\n`
}

function showArp({ gateway }: SimulatedMachine): string {
  const head = 'IP address       HW type     Flags       HW address            Mask     Device\n'
  return gateway ? `${head}${gateway.address}  0x1  0x2  02:00:00:00:00:01  *  ${gateway.interface}\n` : head
}

const showNetFile = (machine: SimulatedMachine, name: string, file: string): string | null => {
  const nic = machine.interfaces.find((i) => i.name === name)
  if (!nic) return null
  switch (file) {
    case 'carrier_changes':
      return `${nic.carrierChanges}\n`
    case 'speed':
      return nic.kind === 'ethernet' && carries(machine, nic) ? '1000\n' : null
    case 'duplex':
      return nic.kind === 'ethernet' && carries(machine, nic) ? 'full\n' : null
    case 'phy80211/name':
      return nic.kind === 'wifi' ? 'phy0\n' : null
    default:
      return null
  }
}
