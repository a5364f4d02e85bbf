import type { Clock } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { noLargeFiles } from '../no-large-files.ts'
import { noConversing, noReach, noSerial } from '../no-reach.ts'
import type { Program } from '../allow-list.ts'
import type { Reach } from '../reach.ts'
import type { Disk, HttpClient, Sys } from '../sys.ts'
import type { SimulatedMachine } from './machine.ts'
import { showBattery } from './show-battery.ts'
import { showFile } from './show-files.ts'
import { showIp } from './show-ip.ts'

export type SimulatedSys = Sys & {
  /** The machine's kernel says that something changed, as `ip monitor` would print it. */
  announce(line: string): void
}

export type SimulatedOptions = {
  readonly machine: SimulatedMachine
  readonly clock: Clock
  readonly boot: string
  readonly disk: Disk
  /** What answers HTTP on the machine's networks: its modem. */
  readonly http?: HttpClient
  /** Who is beyond its uplinks. */
  readonly reach?: Reach
}

/** The system of a machine that exists only as data; the agent over it is the real one. */
export const simulatedSys = ({ machine, clock, boot, disk, http, reach }: SimulatedOptions): SimulatedSys => {
  const monitors = new Set<(line: string) => void>()
  return {
    clock,
    boot,
    hostname: machine.hostname,
    disk,
    http:
      http ??
      (async () => {
        throw new InfraError('http-failed', 'nothing answers here')
      }),
    share: async () => null,
    copies: noLargeFiles('nothing answers here'),
    reach: reach ?? noReach('nothing answers here'),
    converse: noConversing,
    serial: noSerial,
    readText: async (path) => showFile(machine, path),
    readDir: async (path) => (path === '/sys/class/net' ? machine.interfaces.map(({ name }) => name) : []),
    diskSpace: async () => ({
      totalBytes: machine.diskTotalBytes,
      availableBytes: machine.diskAvailableBytes,
    }),
    exec: async (program, args) => run(machine, program, args),
    stream(_program, _args, on) {
      monitors.add(on.line)
      return { stop: () => void monitors.delete(on.line) }
    },
    announce(line) {
      for (const monitor of monitors) monitor(line)
    },
  }
}

const run = (machine: SimulatedMachine, program: Program, args: readonly string[]): string => {
  switch (program) {
    case 'ip':
      return showIp(machine, args)
    case 'iw':
      return showIw(machine, args[1] ?? '')
    case 'inventory':
      return JSON.stringify({
        manufacturer: 'simulated',
        model: machine.hostname,
        cores: 4,
        architecture: 'arm64',
        disks: [],
      })
    case 'dumpsys':
      if (machine.battery && args[0] === 'battery') return showBattery(machine.battery)
      throw notInstalled(program)
    case 'networkctl':
    case 'dhcpcd':
    case 'power-cycle':
    case 'tether':
    case 'nft':
    case 'conntrack':
    case 'ping':
    case 'mmcli':
    case 'su-dumpsys':
    case 'getprop':
    case 'termux-battery-status':
    case 'termux-telephony-cellinfo':
    case 'termux-telephony-deviceinfo':
    case 'termux-sms-send':
      throw notInstalled(program)
    case 'timedatectl':
    case 'renew':
    case 'systemd-notify':
      return ''
  }
}

const notInstalled = (program: Program): InfraError =>
  new InfraError('exec-failed', `${program} is not installed`)

const showIw = ({ wifi }: SimulatedMachine, name: string): string =>
  wifi?.interface === name
    ? `Connected to 02:00:00:00:00:01 (on ${name})\n\tSSID: ${wifi.ssid}\n\tfreq: 2437\n\tsignal: ${Math.round(wifi.signalDbm)} dBm\n\trx bitrate: 65.0 MBit/s\n\ttx bitrate: 65.0 MBit/s\n`
    : 'Not connected.\n'
