// IPv6 for the uplinks of `wireUplinks`: the first has it, advertised by its gateway; the second has none.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ip } from '../helpers/exec-here.ts'
import { started } from './processes.ts'
import { type Ends, inNamespace } from './uplinks.ts'

export const SERVER6 = '2001:db8:ffff::9'
/** Who is asked whether IPv6 leads anywhere. */
export const TARGETS6 = ['2606:4700:4700::1111', '2001:4860:4860::8888', '2620:fe::fe']

/** Wires it, with a second network of the house that hangs on `lan40`. */
export const wireIpv6 = (
  { house, gateways: [gateway], internet }: Ends,
  iot: string,
  folder: string,
): void => {
  writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1')
  writeFileSync('/proc/sys/net/ipv6/conf/wan1/accept_ra', '2') // one who forwards listens only when told (ip-sysctl.rst)
  ip(`link add lan40 type veth peer name up0 netns ${iot}`)
  ip('addr add 10.40.0.1/24 dev lan40')
  ip('link set lan40 up')
  for (const word of ['addr add 10.40.0.50/24 dev up0', 'link set up0 up', 'link set lo up'])
    ip(`-n ${iot} ${word}`)
  ip(`-n ${iot} route add default via 10.40.0.1`)
  ip('addr add fd00:10::1/64 dev lan10 nodad')
  ip('addr add fd00:40::1/64 dev lan40 nodad')
  // or what is sent back comes while the sender is still sending, and is not heard
  for (const device of ['lan10', 'lan40']) writeFileSync(`/sys/class/net/${device}/queues/rx-0/rps_cpus`, '2')
  for (const name of [house, iot]) inNamespace(name, 'echo 1 > /sys/class/net/up0/queues/rx-0/rps_cpus')

  ip(`-n ${gateway} addr add 2001:db8:8::1/64 dev up0 nodad`)
  ip(`-n ${gateway} addr add 2001:db8:100::1/64 dev net0 nodad`)
  ip(`-n ${internet} addr add 2001:db8:100::2/64 dev world1 nodad`)
  for (const address of [SERVER6, ...TARGETS6]) ip(`-n ${internet} addr add ${address}/128 dev lo`)
  ip(`-n ${gateway} -6 route add default via 2001:db8:100::2`)
  ip(`-n ${internet} -6 route add 2001:db8:8::/64 via 2001:db8:100::1`)
  inNamespace(gateway, 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding')
  const file = join(folder, 'gateway.conf')
  writeFileSync(
    file,
    'interface up0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultPreference high; prefix 2001:db8:8::/64 { }; };\n',
  )
  startRadvd(file, gateway)
}

/** A radvd of a namespace, this one's own unless named. */
export const startRadvd = (file: string, name: string | null = null): { reload(): void } => {
  const words = ['radvd', '--nodaemon', '--config', file, '--pidfile', `${file}.pid`, '--logmethod', 'none']
  const [program = '', ...rest] = name === null ? words : ['ip', 'netns', 'exec', name, ...words]
  const child = started(program, rest)
  return { reload: () => void child.kill('SIGHUP') }
}

/** Whether an IPv6 host has a way into the world. */
export const hasDefault6 = (name: string): boolean =>
  spawnSync('ip', ['-n', name, '-6', 'route', 'show', 'default'], { encoding: 'utf8' }).stdout !== ''

/** Drops whatever of IPv6 a gateway hands on. */
export const forward6 = (gateway: string, on: boolean): void => {
  const begin = `nft 'add table ip6 fault; delete table ip6 fault'`
  const rule = `add table ip6 fault; add chain ip6 fault f { type filter hook forward priority 0; policy drop; }`
  inNamespace(gateway, on ? begin : `${begin}; nft '${rule}'`)
}
