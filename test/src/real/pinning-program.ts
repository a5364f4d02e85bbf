// Runs inside a network namespace that the test made, the router's, between two networks of a house and two uplinks to one internet.
// Prints one JSON line for each thing seen.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { actuateRouting } from '@infra-home/agent/router/actuate.ts'
import { actuateRuleset } from '@infra-home/agent/router/actuate-ruleset.ts'
import { ledNetworks } from '@infra-home/agent/router/led-networks.ts'
import { execHere, ip, tell } from '../helpers/exec-here.ts'
import { oneMorePinned } from '../lab/pinned.ts'
import { inside, ready } from '../lab/processes.ts'
import { streamed, type Streamed } from '../lab/streams.ts'
import { pingFrom } from '../lab/ping-from.ts'

const [infra = '', iot = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
const SERVER = '203.0.113.1'

ip('link set lo up')
for (const [device, address, name, theirs] of [
  ['lan10', '10.10.0.1/24', infra, '10.10.0.50/24'],
  ['lan40', '10.40.0.1/24', iot, '10.40.0.50/24'],
  ['wan1', '192.168.8.10/24', gateway1, '192.168.8.1/24'],
  ['wan2', '192.168.9.10/24', gateway2, '192.168.9.1/24'],
] as const) {
  ip(`link add ${device} type veth peer name up0 netns ${name}`)
  ip(`addr add ${address} dev ${device}`)
  ip(`link set ${device} up`)
  ip(`-n ${name} addr add ${theirs} dev up0`)
  ip(`-n ${name} link set up0 up`)
  ip(`-n ${name} link set lo up`)
}
for (const [name, device, ours, theirs, subnet] of [
  [gateway1, 'world1', '198.51.100.1', '198.51.100.2', '192.168.8.0/24'],
  [gateway2, 'world2', '198.51.101.1', '198.51.101.2', '192.168.9.0/24'],
] as const) {
  ip(`-n ${name} link add net0 type veth peer name ${device} netns ${internet}`)
  ip(`-n ${name} addr add ${ours}/24 dev net0`)
  ip(`-n ${name} link set net0 up`)
  ip(`-n ${name} route add default via ${theirs}`)
  ip(`-n ${internet} addr add ${theirs}/24 dev ${device}`)
  ip(`-n ${internet} link set ${device} up`)
  ip(`-n ${internet} route add ${subnet} via ${ours}`)
  execFileSync('ip', ['netns', 'exec', name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
}
ip(`-n ${internet} link set lo up`)
ip(`-n ${internet} addr add ${SERVER}/32 dev lo`)
ip(`-n ${infra} route add default via 10.10.0.1`)
ip(`-n ${iot} route add default via 10.40.0.1`)
writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')

await ready(inside(internet, 'echo-program.ts', 'serve', SERVER))
const stream = (name: string, count: number): Promise<Streamed> => streamed(name, SERVER, count)
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const uplink = (id: string, index: number, octet: number, metered: boolean) => ({
  id,
  index,
  metered,
  interface: `wan${index}`,
  networks: [
    {
      family: 'ipv4',
      address: `192.168.${octet}.10`,
      subnet: `192.168.${octet}.0/24`,
      gateway: `192.168.${octet}.1`,
    },
  ] as const,
})
const uplinks = [uplink('mifi', 1, 8, true), uplink('dsl', 2, 9, false)]
const lans = [
  { interface: 'lan10', family: 'ipv4', subnet: '10.10.0.0/24' },
  { interface: 'lan40', family: 'ipv4', subnet: '10.40.0.0/24' },
] as const
const networks = [
  { id: 'infra', interface: 'lan10', subnets: ['10.10.0.0/24'], metered: 'allow' },
  { id: 'iot', interface: 'lan40', subnets: ['10.40.0.0/24'], metered: 'deny' },
] as const
const go = (active: string) => actuateRouting(execHere, { uplinks, lans, active })

execFileSync('nft', ['add table inet theirs'])
tell('routing', await go('mifi'))
tell('ruleset', await actuateRuleset(execHere, { uplinks, networks }))
tell('over the metered one', { infra: await stream(infra, 50), iot: await stream(iot, 50) })

const isGone = oneMorePinned('10.10.0.50', 1)
const long = stream(infra, 300)
await isGone()
tell('moved', await go('dsl'))
tell('after the move', { infra: await stream(infra, 50), iot: await stream(iot, 50) })
const isBack = oneMorePinned('10.10.0.50', 2)
const back = stream(infra, 300)
await isBack()
tell('moved back', await go('mifi'))
tell('through the moves', { there: await long, back: await back })
execFileSync('conntrack', ['-D', '-m', '0x10000/0xff0000'], { stdio: 'ignore' })
tell('counted', { table: execFileSync('nft', ['list table inet infra_home'], { encoding: 'utf8' }) })

const goLed = (alive: readonly string[]) => {
  const leading = uplinks.map((one) => ({ ...one, priority: one.index, isAlive: alive.includes(one.id) }))
  const led = ledNetworks({ uplinks: leading, networks }, 'mifi')
  return actuateRouting(execHere, { uplinks, lans, active: 'mifi', led })
}
/** Which device a packet of the IOT network would leave by. */
const iotLeavesBy = (to: string): string =>
  / dev (\S+)/.exec(ip(`route get ${to} from 10.40.0.50 iif lan40`))?.[1] ?? ''
/** What the IOT network is told at once, if anything. */
const iotPings = (...words: string[]): { said: string; ms: number } => pingFrom(iot, ...words)
ip('link add vpn0 type veth peer name vpn0-far')
ip('link set vpn0-far up')
ip('link set vpn0 up')
ip('addr add 10.99.0.1/24 dev vpn0')
tell('led', await goLed(['mifi', 'dsl']))
tell('each by its own', {
  infra: await stream(infra, 50),
  iot: await stream(iot, 50),
  near: [iotLeavesBy('10.10.0.50'), iotLeavesBy('10.99.0.9')],
})
const isLed = oneMorePinned('10.40.0.50', 2)
const [kept, cut] = [stream(infra, 150), stream(iot, 600)]
await isLed()
tell('led no more', await goLed(['mifi']))
execFileSync('conntrack', ['-D', '-m', '0x20000/0xff0000'], { stdio: 'ignore' })
const streams = { infra: await kept, iot: await cut }
await wait(1200) // a host is told no more than once a second (net.ipv4.icmp_ratelimit)
tell('refused', { ...streams, ping: iotPings(SERVER) })

for (const [device, address] of [
  ['lan40', '2001:db8:40::1/64'],
  ['wan1', '2001:db8:8::10/64'],
] as const)
  ip(`addr add ${address} dev ${device} nodad`)
ip(`-n ${iot} addr add 2001:db8:40::50/64 dev up0 nodad`)
ip(`-n ${iot} route add default via 2001:db8:40::1`)
ip(`-n ${gateway1} addr add 2001:db8:8::1/64 dev up0 nodad`)
ip('route add default via 2001:db8:8::1 dev wan1')
writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1')
tell('over IPv6', { ping: iotPings('-6', '2001:db8:8::1'), near: iotPings('-6', '2001:db8:8::10') })

const nonsense = [{ id: 'infra', interface: 'lan10', subnets: ['10.40.0.0/99'], metered: 'deny' }] as const
tell('a bad one', await actuateRuleset(execHere, { uplinks, networks: nonsense }))
const unnameable = [{ ...uplink('mifi', 1, 8, true), interface: 'a"drop#' }]
tell('a worse one', await actuateRuleset(execHere, { uplinks: unnameable, networks }))
tell('tables', { tables: execFileSync('nft', ['list tables'], { encoding: 'utf8' }) })
process.exit(0)
