import { InfraError } from '@infra-home/shared/errors.ts'
import { SERIAL_DEVICE } from './serial.ts'
import type { Sys } from './sys.ts'

/** The only programs that an agent runs; `inventory` and `renew` are scripts of its own, `power-cycle` and `tether` are what its owner wrote down, `su-dumpsys` is `dumpsys` as root. */
const PROGRAMS = [
  'ip',
  'nft',
  'conntrack',
  'ping',
  'iw',
  'networkctl',
  'dhcpcd',
  'mmcli',
  'dumpsys',
  'su-dumpsys',
  'getprop',
  'termux-battery-status',
  'termux-telephony-cellinfo',
  'termux-telephony-deviceinfo',
  'termux-sms-send',
  'power-cycle',
  'tether',
  'timedatectl',
  'systemd-notify',
  'inventory',
  'renew',
] as const
export type Program = (typeof PROGRAMS)[number]

/**
 * The only places of the machine that an agent looks at, beside its own folder: a part between slashes that is `*` stands for one
 * name, which the kernel gave.
 */
const PLACES = [
  '/',
  '/dev/serial/by-id',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/net/arp',
  '/proc/net/dev',
  '/proc/net/if_inet6',
  '/proc/net/route',
  '/proc/pressure/*',
  '/proc/self/smaps_rollup',
  '/proc/self/stat',
  '/proc/self/status',
  '/proc/sys/kernel/osrelease',
  '/proc/sys/net/ipv4/conf/*/rp_filter',
  '/proc/sys/net/ipv4/conf/all/src_valid_mark',
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/ipv6/conf/all/forwarding',
  '/run/dhcpcd.pid',
  '/run/dhcpcd/*',
  '/run/systemd/netif/state',
  '/run/systemd/timesync',
  '/sys/class/hwmon',
  '/sys/class/hwmon/*/in0_lcrit_alarm',
  '/sys/class/hwmon/*/name',
  '/sys/class/net',
  '/sys/class/net/*/carrier_changes',
  '/sys/class/net/*/duplex',
  '/sys/class/net/*/phy80211/name',
  '/sys/class/net/*/speed',
  '/sys/class/thermal/*/temp',
  '/sys/devices/platform/soc/soc:firmware/get_throttled',
].map((place) => place.split('/'))

type Means = Pick<Sys, 'readText' | 'readDir' | 'diskSpace' | 'exec' | 'stream' | 'converse' | 'serial'>

/** The same, but for what stands on the lists alone. @throws InfraError not-allowed, from each of its functions */
export const withAllowList = (means: Means): Means => ({
  readText: async (path) => means.readText(allowed(path)),
  readDir: async (path) => means.readDir(allowed(path)),
  diskSpace: async (path) => means.diskSpace(allowed(path)),
  exec: async (program, args, timeout, input) => means.exec(allowedProgram(program), args, timeout, input),
  stream: (program, args, on) => means.stream(allowedProgram(program), args, on),
  converse: (program, args) => means.converse(allowedProgram(program), args),
  serial(device) {
    if (SERIAL_DEVICE.test(device)) return means.serial(device)
    const refuse = async (): Promise<never> => {
      throw new InfraError('not-allowed', `an agent has no business with ${device}`)
    }
    return { ask: refuse, close() {} }
  },
})

const allowed = (path: string): string => {
  const parts = path.split('/')
  const isOn = (place: readonly string[]): boolean =>
    place.length === parts.length && place.every((part, i) => isPart(part, parts[i] ?? ''))
  if (PLACES.some(isOn)) return path
  throw new InfraError('not-allowed', `an agent has no business with ${path}`, { context: { path } })
}

const isPart = (wanted: string, part: string): boolean =>
  wanted === '*' ? part !== '' && part !== '.' && part !== '..' : wanted === part

const allowedProgram = (program: string): Program => {
  const known = PROGRAMS.find((one) => one === program)
  if (known !== undefined) return known
  throw new InfraError('not-allowed', `an agent does not run ${program}`)
}
