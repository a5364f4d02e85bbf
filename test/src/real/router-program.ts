// Runs inside a network namespace that the test made: a router's routing over real interfaces. Prints one JSON line for each thing seen.
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { actuateRouting, readRouting } from '@infra-home/agent/router/actuate.ts'
import { isOurRoute, isOurRule } from '@infra-home/agent/router/ours.ts'
import { defaultBeforeOurs } from '@infra-home/agent/router/precedence.ts'
import type { RouterPlan } from '@infra-home/agent/router/plan.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { execHere, ip, tell } from '../helpers/exec-here.ts'

ip('link set lo up')
for (const name of ['wan1', 'wan2', 'lan', 'cni0']) {
  ip(`link add ${name} type veth peer name ${name}-far`)
  ip(`link set ${name}-far up`)
  ip(`link set ${name} up`)
}
const addressing = [
  ['wan1', '192.168.8.10/24', '2001:db8:8::10/64'],
  ['wan2', '192.168.8.20/24', '2001:db8:9::20/64'],
  ['lan', '10.10.0.1/24', 'fd00:10::1/64'],
  ['cni0', '10.42.0.1/24', 'fd00:42::1/64'],
] as const
const address = (device: string): void => {
  const [, v4, v6] = addressing.find(([name]) => name === device) ?? []
  spawnSync('ip', ['addr', 'replace', String(v4), 'dev', device])
  spawnSync('ip', ['addr', 'replace', String(v6), 'dev', device, 'nodad'])
}
for (const [device] of addressing) address(device)

const uplinks = [
  {
    id: 'mifi',
    index: 1,
    interface: 'wan1',
    networks: [
      { family: 'ipv4', address: '192.168.8.10', subnet: '192.168.8.0/24', gateway: '192.168.8.1' },
      { family: 'ipv6', address: '2001:db8:8::10', subnet: '2001:db8:8::/64', gateway: '2001:db8:8::1' },
    ],
  },
  {
    id: 'dsl',
    index: 2,
    interface: 'wan2',
    networks: [
      { family: 'ipv4', address: '192.168.8.20', subnet: '192.168.8.0/24', gateway: '192.168.8.1' },
      { family: 'ipv6', address: '2001:db8:9::20', subnet: '2001:db8:9::/64', gateway: '2001:db8:9::1' },
    ],
  },
] as const
const plan = (active: string | null, more: Partial<RouterPlan> = {}): RouterPlan => ({
  uplinks,
  lans: [
    { interface: 'lan', family: 'ipv4', subnet: '10.10.0.0/24' },
    { interface: 'lan', family: 'ipv6', subnet: 'fd00:10::/64' },
  ],
  active,
  ...more,
})
/** Which device a packet would leave by; the error's own word when by none. */
const leaves = (...words: string[]): string => {
  const { stdout, stderr } = spawnSync('ip', ['route', 'get', ...words], { encoding: 'utf8' })
  return / dev (\S+)/.exec(stdout)?.[1] ?? stderr.trim()
}
const paths = () => ({
  plain: leaves('9.9.9.9'),
  plain6: leaves('2001:db8:ffff::9'),
  from1: leaves('9.9.9.9', 'from', '192.168.8.10'),
  from2: leaves('9.9.9.9', 'from', '192.168.8.20'),
  gateway2: leaves('192.168.8.1', 'from', '192.168.8.20'),
  from2v6: leaves('2001:db8:ffff::9', 'from', '2001:db8:9::20'),
  bound2: leaves('9.9.9.9', 'oif', 'wan2'),
  marked2: leaves('9.9.9.9', 'mark', '0x20000'),
  lan: leaves('10.10.0.50', 'mark', '0x20000'),
  pod: leaves('10.42.0.5', 'mark', '0x20000'),
  pod6: leaves('fd00:42::5', 'mark', '0x20000'),
  neighbour2: leaves('192.168.8.77', 'mark', '0x20000'),
  neighbour2v6: leaves('2001:db8:9::77', 'mark', '0x20000'),
})

ip('rule add priority 100 from 10.99.0.0/16 lookup 500')
ip('route add 203.0.113.0/24 dev wan1 table 500')
ip('route add default via 192.168.8.1 dev wan1 metric 600 proto dhcp')
/** What somebody else put there, which has to stay. */
const foreign = async (): Promise<readonly string[]> => {
  const { rules, routes } = await readRouting(execHere)
  const [theirRules, theirRoutes] = [
    rules.filter((rule) => !isOurRule(rule)),
    routes.filter((route) => !isOurRoute(route)),
  ]
  return [...theirRules, ...theirRoutes.filter(({ protocol }) => protocol !== 'kernel')]
    .map((one) => JSON.stringify(one))
    .sort()
}
const before = await foreign()

tell('at first', { ...(await actuateRouting(execHere, plan('mifi'))), paths: paths() })
tell('again', await actuateRouting(execHere, plan('mifi')))
tell('moved', { ...(await actuateRouting(execHere, plan('dsl'))), paths: paths() })

const socket = createSocket('udp4')
await new Promise<void>((resolve) => socket.bind(0, resolve))
let [sent, unsent] = [0, 0]
const stream = setInterval(() => {
  for (let i = 0; i < 5; i++) socket.send('x', 9, '9.9.9.9', (error) => (error ? unsent++ : sent++))
}, 5)
const toggles = Number(process.argv[2] ?? 40)
const begun = performance.now()
for (let i = 0; i < toggles; i++) await actuateRouting(execHere, plan(i % 2 === 0 ? 'mifi' : 'dsl'))
clearInterval(stream)
socket.close()
tell('to and fro', { toggles, sent, unsent, ms: (performance.now() - begun) / toggles })

ip('link set wan2 down')
tell('down', { paths: paths() })
ip('link set wan2 up')
address('wan2')
tell('up', { paths: paths() })
tell('put right', { ...(await actuateRouting(execHere, plan('mifi'))), paths: paths() })

ip('route replace default via 192.168.8.1 dev wan2 metric 47 proto static')
const taken = ip('route show default metric 47')
tell('somebody was here', {
  left: await actuateRouting(execHere, plan('mifi')),
  isLeft: taken === ip('route show default metric 47'),
})
const back = await actuateRouting(execHere, plan('mifi'), { takesBack: new Set(['ipv4 main default 47']) })
tell('it was ours before', { ...back, paths: paths() })

ip('tuntap add dev tun0 mode tun')
ip('link set tun0 up')
for (const family of ['-4', '-6']) ip(`${family} route add default dev tun0 metric 50 proto static`) // as NetworkManager does for a VPN
const vpn = (): string => ip('-4 route show default dev tun0') + ip('-6 route show default dev tun0')
const vpnBefore = vpn()
const besideVpn = await actuateRouting(execHere, plan('dsl'), { mustLead: true })
tell('beside a VPN of NetworkManager', { ...besideVpn, isLeft: vpn() === vpnBefore, paths: paths() })
for (const [family, next] of [
  ['-4', '192.168.8.1'],
  ['-6', '2001:db8:9::1'],
])
  ip(`${family} route append default via ${next} dev wan2 metric 50 proto 173`) // as an older version did
const upgraded = await actuateRouting(execHere, plan('dsl'))
const ours = (): string => ip('-4 route show default proto 173') + ip('-6 route show default proto 173')
tell('an older default of ours', { ...upgraded, ours: ours(), isLeft: vpn() === vpnBefore })
ip('-6 route add default dev tun0 metric 10')
const before6 = await actuateRouting(execHere, plan('mifi'), { mustLead: true })
tell('behind an IPv6 default of somebody else', {
  ok: before6.ok,
  before: before6.ok ? defaultBeforeOurs(before6.now) : null,
  paths: paths(),
})
ip('link del tun0')

const slowly: typeof execHere = {
  async exec(program, args) {
    const said = await execHere.exec(program, args)
    if (!args.includes('replace')) return said
    throw new InfraError('exec-timeout', 'ip did not end') // it was too late to say so
  },
}
const beforeSlow = JSON.stringify(await readRouting(execHere))
const slow = await actuateRouting(slowly, plan('dsl'), { mustLead: true })
tell('too slowly', { ...slow, asBefore: JSON.stringify(await readRouting(execHere)) === beforeSlow })

ip('route add default via 192.168.8.1 dev wan1') // as a DHCP client without a metric does
const refused = await actuateRouting(execHere, plan('dsl'), { mustLead: true })
tell('behind a default of somebody else', {
  ...refused,
  ours: ip('route show default proto 173'),
  paths: paths(),
})
ip('route del default via 192.168.8.1 dev wan1 metric 0')
const bare = [uplinks[0], { ...uplinks[1], networks: [] }]
tell('without an address', await actuateRouting(execHere, plan('dsl', { uplinks: bare }), { mustLead: true }))
const spoilt = [
  uplinks[0],
  {
    ...uplinks[1],
    networks: [{ ...uplinks[1].networks[0], subnet: '192.168.77.0/24', gateway: '192.168.77.1' }],
  },
  { ...uplinks[1], id: 'ghost', index: 3, interface: 'nowhere0' },
]
const partly = await actuateRouting(execHere, plan('mifi', { uplinks: spoilt }))
tell('one that is not there', {
  ok: partly.ok,
  unroutable: partly.ok ? [...partly.unroutable.keys()] : partly.error,
  paths: { ...paths(), ghost: leaves('9.9.9.9', 'mark', '0x30000') },
})
ip('tuntap add dev wwan0 mode tun')
ip('link set wwan0 up')
ip('addr add 10.64.64.64/32 dev wwan0')
ip('addr add 2001:db8:64::5/64 dev wwan0 nodad')
const lte = {
  id: 'lte',
  index: 4,
  interface: 'wwan0',
  networks: [
    { family: 'ipv4', address: '10.64.64.64', subnet: '10.64.64.64', gateway: null },
    { family: 'ipv6', address: '2001:db8:64::5', subnet: '2001:db8:64::/64', gateway: null },
  ],
} as const
const byLte = await actuateRouting(execHere, plan('lte', { uplinks: [...uplinks, lte] }), { mustLead: true })
tell('by one without a next hop', {
  ...byLte,
  paths: {
    ...paths(),
    from4: leaves('9.9.9.9', 'from', '10.64.64.64'),
    marked4v6: leaves('2001:db8:ffff::9', 'mark', '0x40000'),
  },
})
await actuateRouting(execHere, plan('mifi'))

const kept = JSON.stringify(await readRouting(execHere))
const impossible = [...uplinks, { ...uplinks[1], id: 'ghost', index: 3, interface: 'nowhere0' }]
const failed = await actuateRouting(execHere, plan('ghost', { uplinks: impossible }), { mustLead: true })
tell('impossible', { ...failed, asBefore: JSON.stringify(await readRouting(execHere)) === kept })

const nothing = await actuateRouting(execHere, { uplinks: [], lans: [], active: null })
const { rules, routes } = await readRouting(execHere)
tell('nothing wanted', {
  ...nothing,
  ours: [...rules.filter(isOurRule), ...routes.filter(isOurRoute)].length,
  before,
  after: await foreign(),
})
