// Runs inside a network namespace that the test made, a router's: two networks of a house, an uplink with IPv6 and one without, a whole coordinator and
// a whole agent, and radvd. Prints one JSON line for each thing seen.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { ip, tell } from '../helpers/exec-here.ts'
import { forward6, hasDefault6, SERVER6, startRadvd, TARGETS6, wireIpv6 } from '../lab/ipv6.ts'
import { bothUp, makeHousehold, type WanSeen } from '../lab/household.ts'
import { hear, inside, ready } from '../lab/processes.ts'
import { startStream, streamed } from '../lab/streams.ts'
import { forward, leavesBy, untilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [folder = '', house = '', gateway1 = '', gateway2 = '', internet = '', iot = ''] = process.argv.slice(2)
const ends = { house, gateways: [gateway1, gateway2], internet } as const
await wireUplinks(ends)
wireIpv6(ends, iot, folder)
await startWorld(ends)
await ready(
  inside(internet, 'world-program.ts', 'resolver', ...TARGETS6),
  inside(internet, 'world-program.ts', 'ports', SERVER6),
  inside(internet, 'echo-program.ts', 'serve', SERVER6),
)
const home = makeHousehold({
  topology: (usual) => ({
    ...usual,
    vlans: [
      ...usual.vlans.map((vlan) => ({ ...vlan, subnet6: 'fd00:10::/64' })),
      {
        id: 40,
        name: 'IOT',
        subnet: '10.40.0.0/24',
        gateway: '10.40.0.1',
        subnet6: 'fd00:40::/64',
        metered: 'deny',
      },
    ],
    hosts: usual.hosts.map((host) => ({
      ...host,
      interfaces: [...host.interfaces, { name: 'lan40', vlan: 40, tagged: false, addresses: ['10.40.0.1'] }],
    })),
    uplinks: usual.uplinks.map((uplink) => ({ ...uplink, metered: uplink.id === 'mifi' })),
  }),
  agent: { advertise: { lan10: ['RDNSS fd00:10::1 { };'], lan40: [] } },
})
const run = dirname(home.resolverFile)
const advertised = join(run, 'radvd.conf')

const connect = async (name: string, count = 3): Promise<object> =>
  JSON.parse(await hear(inside(name, 'connect-program.ts', 'once', SERVER6, String(count))).last) as object
const until = async (isSo: () => boolean, seconds = 60): Promise<number> => {
  const begun = performance.now()
  while (!isSo()) {
    if (performance.now() - begun > seconds * 1000)
      throw new Error(`not within ${seconds} s: ${String(isSo)}`)
    await wait(5)
  }
  return Math.round(performance.now() - begun)
}
const ip6 = (...words: string[]): string => {
  const { stdout, stderr } = spawnSync('ip', ['-6', ...words], { encoding: 'utf8' })
  return `${stdout}${stderr}`.trim()
}
const leaves6 = (...words: string[]): string => {
  const said = ip6('route', 'get', SERVER6, ...words)
  return / dev (\S+)/.exec(said)?.[1] ?? said
}
const addressOf = (device: string): string | undefined =>
  / inet6 (2001:\S+)\/64 (?!.*tentative)/.exec(ip6('addr', 'show', device, 'scope', 'global'))?.[1]
const kernel = () => ({
  plain: leaves6(),
  from: leaves6('from', addressOf('wan1') ?? '::'),
  bound: leaves6('oif', 'wan1'),
  other: leaves6('oif', 'wan2'),
  house: ip6('route', 'get', 'fd00:10::50'),
  main: ip6('route', 'show', 'default'),
  rules: ip6('rule'),
})
const switchTo = (uplink: string): Promise<unknown> =>
  home.change('POST', '/api/v1/wan/switch', { uplink, reason: 'a test', forSeconds: 600 })
const verdict = ({ uplinks }: WanSeen, id = 'mifi'): string | undefined =>
  uplinks.find((one) => one.id === id)?.verdicts['ipv6']
const flows = (): number =>
  spawnSync('conntrack', ['-L', '-f', 'ipv6', '-m', '0x10000/0xff0000'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line !== '').length

home.startCoordinator()
home.startAgent()
await eventually('radvd’s file', () => existsSync(advertised))
const radvd = startRadvd(advertised)
watch(run, (_, name) => name === 'radvd.conf' && radvd.reload()) // what systemd does for infra-home-radvd.path
await home.isSo(
  'out by the one with IPv6',
  (now) => now.active === 'mifi' && bothUp(now) && now.holder === 'coordinator' && verdict(now) === 'works',
)
await until(() => hasDefault6(house) && hasDefault6(iot))
await wait(2500) // until the house knows that its addresses are nobody else’s
tell('at first', {
  wan: (await home.wan()) ?? {},
  kernel: kernel(),
  file: readFileSync(advertised, 'utf8'),
  infra: await streamed(house, SERVER6, 50),
  iot: await streamed(iot, SERVER6, 50),
  connected: await connect(house),
  refused: await connect(iot, 1),
  counters: execFileSync('nft', ['-j', 'list counters table inet infra_home'], { encoding: 'utf8' }),
})

const planned: object[] = []
for (let run = 0; run < 3; run++) {
  const users = startStream(house, SERVER6, { count: 300 })
  await users.begun
  await wait(300)
  await switchTo('dsl')
  await untilLeavesBy('wan2')
  await wait(300)
  const seen = { kernel: kernel(), house: await connect(house), isWayOut: hasDefault6(house) }
  const wholeStream = await users.ended
  await switchTo('mifi')
  await until(() => leaves6() === 'wan1')
  planned.push({ stream: wholeStream, ...seen })
}
tell('planned', { planned, iot: await streamed(iot, SERVER6, 20) })

const before = startStream(house, SERVER6, { count: 400 })
const established = hear(inside(house, 'connect-program.ts', 'keep', SERVER6))
await Promise.all([before.begun, established.more()])
await wait(1000)
const pinned = flows()
forward(gateway1, false)
forward6(gateway1, false)
const movedMs = await untilLeavesBy('wan2')
const goneMs = await until(() => !hasDefault6(house))
await wait(500)
const swept = flows()
tell('died', {
  established: JSON.parse(await established.last) as object,
  movedMs,
  pinned,
  swept,
  goneMs,
  kernel: kernel(),
  house: await connect(house),
})
await before.ended
forward(gateway1, true)
forward6(gateway1, true)
await home.isSo('the primary is back', bothUp)
await switchTo('mifi')
await untilLeavesBy('wan1')
tell('back', { backMs: await until(() => hasDefault6(house)), infra: await streamed(house, SERVER6, 50) })

forward6(gateway1, false)
const tried = connect(house, 1)
const deadAt = performance.now()
await home.isSo('IPv6 alone is dead', (now) => verdict(now) === 'fails')
const namedMs = Math.round(performance.now() - deadAt)
await until(() => !hasDefault6(house) && leaves6() !== 'wan1')
tell('IPv6 alone died', {
  namedMs,
  leavesBy: leavesBy(),
  wan: (await home.wan()) ?? {},
  kernel: kernel(),
  tried: await tried,
  house: await connect(house),
})
forward6(gateway1, true)

const verdicts = new Set<string | undefined>()
const watching = setInterval(() => void home.wan().then((now) => now && verdicts.add(verdict(now))), 100)
ip('link set wan1 down')
await wait(300)
const down = { from: leaves6('oif', 'wan1') }
ip('link set wan1 up')
ip('route replace default via 192.168.8.1 dev wan1 metric 600 proto dhcp')
await home.isSo('IPv6 is back', (now) => verdict(now) === 'works')
clearInterval(watching)
await home.isSo('both are up', bothUp)
await switchTo('mifi')
await untilLeavesBy('wan1')
await until(() => leaves6() === 'wan1' && hasDefault6(house))
tell('down and up', {
  down,
  verdicts: [...verdicts],
  kernel: kernel(),
  infra: await streamed(house, SERVER6, 50),
})
await home.isSo('and nothing is wrong', ({ fault }) => fault === null)
const events = await home.get<{ items: { summary: string }[] }>('/api/v1/events?kind=message&limit=300')
tell('drift', { drift: events.items.filter(({ summary }) => summary.startsWith('event drift')) })
process.exit(0)
