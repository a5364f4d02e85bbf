// Runs inside a network namespace that the test made, a router's, beside a network that no plan names, as that of a machine's own containers is:
// its flows, and connections that come in to it by both uplinks. Prints one JSON line for each thing seen.
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseCounters } from '@infra-home/agent/parse/nft-counters.ts'
import { actuateRouting } from '@infra-home/agent/router/actuate.ts'
import { actuateRuleset } from '@infra-home/agent/router/actuate-ruleset.ts'
import { execHere, ip, tell } from '../helpers/exec-here.ts'
import { SERVER6 } from '../lab/ipv6.ts'
import { oneMorePinned } from '../lab/pinned.ts'
import { inside, ready } from '../lab/processes.ts'
import { streamed } from '../lab/streams.ts'
import { inNamespace, SERVER, wireUplinks } from '../lab/uplinks.ts'

const [pod = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
const POD = { ipv4: '10.10.0.50', ipv6: 'fd00:42::5' }

// nobody else has their addresses, and for as long as that is looked for nothing is forwarded
const NO_DAD = '/proc/sys/net/ipv6/conf/default/accept_dad'
writeFileSync(NO_DAD, '0')
for (const name of [pod, gateway1, gateway2, internet]) inNamespace(name, `echo 0 > ${NO_DAD}`)
await wireUplinks({ house: pod, gateways: [gateway1, gateway2], internet })
ip('addr add fd00:42::1/64 dev lan10 nodad')
ip(`-n ${pod} addr add ${POD.ipv6}/64 dev up0 nodad`)
ip(`-n ${pod} route add default via fd00:42::1`)
ip(`-n ${internet} addr add ${SERVER6}/128 dev lo`)
for (const [gateway, net, beyond, device] of [
  [gateway1, '8', '100', 'wan1'],
  [gateway2, '9', '101', 'wan2'],
] as const) {
  ip(`addr add 2001:db8:${net}::10/64 dev ${device} nodad`)
  ip(`-n ${gateway} addr add 2001:db8:${net}::1/64 dev up0 nodad`)
  ip(`-n ${gateway} addr add 2001:db8:${beyond}::1/64 dev net0 nodad`)
  ip(`-n ${gateway} route add default via 2001:db8:${beyond}::2 dev net0`)
  ip(`-n ${internet} addr add 2001:db8:${beyond}::2/64 dev world${Number(net) - 7} nodad`)
  ip(`-n ${internet} route add 2001:db8:${net}::/64 via 2001:db8:${beyond}::1`)
  ip(`-n ${internet} route add 192.168.${net}.0/24 via 198.51.${beyond}.1`)
  inNamespace(gateway, 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding')
}
writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1')
// the strictest that a kernel can be set to and still take pinned flows
writeFileSync('/proc/sys/net/ipv4/conf/all/src_valid_mark', '1')
for (const device of ['all', 'lan10', 'wan1', 'wan2'])
  writeFileSync(`/proc/sys/net/ipv4/conf/${device}/rp_filter`, '1')
execFileSync('nft', [
  `add table inet theirs
   add chain inet theirs forwarded { type nat hook prerouting priority dstnat; }
   add rule inet theirs forwarded iifname { wan1, wan2 } meta nfproto ipv4 udp dport 7777 dnat ip to ${POD.ipv4}
   add rule inet theirs forwarded iifname { wan1, wan2 } meta nfproto ipv6 udp dport 7777 dnat ip6 to ${POD.ipv6}`,
])
await ready(
  inside(internet, 'echo-program.ts', 'serve', SERVER),
  inside(internet, 'echo-program.ts', 'serve', SERVER6),
  inside(pod, 'echo-program.ts', 'serve', POD.ipv4),
  inside(pod, 'echo-program.ts', 'serve', POD.ipv6),
)

const both = async (name: string, to4: string, to6: string, count = 50) => {
  const [ipv4, ipv6] = await Promise.all([streamed(name, to4, count), streamed(name, to6, count)])
  return { ipv4, ipv6 }
}
const uplinks = [1, 2].map((index) => ({
  id: index === 1 ? 'mifi' : 'dsl',
  index,
  metered: false,
  interface: `wan${index}`,
  networks: [
    {
      family: 'ipv4',
      address: `192.168.${7 + index}.10`,
      subnet: `192.168.${7 + index}.0/24`,
      gateway: `192.168.${7 + index}.1`,
    },
    {
      family: 'ipv6',
      address: `2001:db8:${7 + index}::10`,
      subnet: `2001:db8:${7 + index}::/64`,
      gateway: `2001:db8:${7 + index}::1`,
    },
  ] as const,
}))
/** What the plan does name lies elsewhere. */
const NAMED = {
  id: 'infra',
  interface: 'lan20',
  subnets: ['10.20.0.0/24', 'fd00:20::/64'],
  metered: 'allow',
} as const
const go = (active: string) => actuateRouting(execHere, { uplinks, lans: [], active })

tell('routing', await go('mifi'))
tell('ruleset', await actuateRuleset(execHere, { uplinks, networks: [NAMED] }))
tell('out', await both(pod, SERVER, SERVER6))
tell('counted', {
  counters: Object.fromEntries(
    parseCounters(
      execFileSync('nft', ['-j', 'list', 'counters', 'table', 'inet', 'infra_home'], { encoding: 'utf8' }),
    ),
  ),
})
const areGone = Object.values(POD).map((from) => oneMorePinned(from, 1))
const long = both(pod, SERVER, SERVER6, 300)
await Promise.all(areGone.map((isGone) => isGone()))
tell('moved', await go('dsl'))
tell('out by the other', await both(pod, SERVER, SERVER6))
tell('through the move', await long)
tell('in by the one in use', await both(internet, '192.168.9.10', '2001:db8:9::10'))
tell('in by the other', await both(internet, '192.168.8.10', '2001:db8:8::10'))

/** Which device a packet that is pinned to the first uplink would leave by. */
const leaves = (to: string): string =>
  / dev (\S+)/.exec(
    spawnSync('ip', ['route', 'get', to, 'mark', '0x10000'], { encoding: 'utf8' }).stdout,
  )?.[1] ?? ''
for (const half of ['0.0.0.0/1', '128.0.0.0/1', '2000::/3']) ip(`route add ${half} dev lan10`) // as a VPN makes itself the way out
tell('pinned beside a VPN', {
  out: [SERVER, '9.9.9.9', SERVER6].map(leaves),
  near: Object.values(POD).map(leaves),
})
process.exit(0)
