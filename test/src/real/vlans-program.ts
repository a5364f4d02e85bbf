// Runs inside a network namespace that the test made, a router's, between two networks of a house and two uplinks to one internet, of which the
// preferred one costs: a whole coordinator and a whole agent. Prints one JSON line for each thing seen.
import { spawnSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { ip, tell } from '../helpers/exec-here.ts'
import { bothUp, makeHousehold } from '../lab/household.ts'
import { startStream, streamed } from '../lab/streams.ts'
import { forward, leavesBy, SERVER, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'
import { pingFrom } from '../lab/ping-from.ts'
import { startTook } from '../helpers/late-ticks.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = '', iot = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
ip(`link add lan40 type veth peer name up0 netns ${iot}`)
ip('addr add 10.40.0.1/24 dev lan40')
ip('link set lan40 up')
ip(`-n ${iot} addr add 10.40.0.50/24 dev up0`)
ip(`-n ${iot} link set up0 up`)
ip(`-n ${iot} route add default via 10.40.0.1`)
await startWorld({ gateways: [gateway1, gateway2], internet })

const iotRules = (): number =>
  ip('rule')
    .split('\n')
    .filter((line) => line.includes('iif lan40')).length
/** Milliseconds until there are so many rules of the IOT network's own. */
const untilRules = async (count: number): Promise<number> => {
  const begun = performance.now()
  await eventually(`${count} rules`, () => iotRules() === count)
  return Math.round(performance.now() - begun)
}
/** What the IOT network is told, and after how long. */
const iotPings = (): { said: string; ms: number } => pingFrom(iot, SERVER)
/** Flows of users that are pinned to the second uplink. */
const flowsOnDsl = (): number =>
  spawnSync('conntrack', ['-L', '-m', '0x20000/0xff0000', '-p', 'udp', '--dport', '7777'], {
    encoding: 'utf8',
  })
    .stdout.split('\n')
    .filter((line) => line !== '').length

const home = makeHousehold({
  topology: ({ vlans, hosts: [router], uplinks: [mifi, dsl], ...rest }) => ({
    ...rest,
    vlans: [...vlans, { id: 40, name: 'IOT', subnet: '10.40.0.0/24', gateway: '10.40.0.1', metered: 'deny' }],
    hosts: [
      {
        ...router,
        interfaces: [
          ...(router?.interfaces ?? []),
          { name: 'lan40', vlan: 40, tagged: false, addresses: ['10.40.0.1'] },
        ],
      },
    ],
    uplinks: [{ ...mifi, metered: true }, dsl],
  }),
})
home.startCoordinator()
home.startAgent()
await home.isSo(
  'out by what costs',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)
await untilRules(2)
tell('each by its own', { infra: await streamed(house, SERVER, 50), iot: await streamed(iot, SERVER, 50) })
const table = spawnSync('nft', ['list', 'table', 'inet', 'infra_home'], { encoding: 'utf8' }).stdout
tell('counted', { table })

const [kept, cut] = [startStream(house, SERVER, { count: 500 }), startStream(iot, SERVER, { count: 500 })]
await Promise.all([kept.begun, cut.begun])
await wait(1000)
forward(gateway2, false)
const took = startTook()
await untilRules(0)
const known = took()
await eventually('nothing is pinned to it', () => flowsOnDsl() === 0)
const streams = { infra: await kept.ended, iot: await cut.ended }
await wait(1200) // a host is told no more than once a second (net.ipv4.icmp_ratelimit)
tell('dsl died', { known, ping: iotPings(), leavesBy: leavesBy(), ...streams })

forward(gateway2, true)
await home.isSo('dsl is back', bothUp)
await untilRules(2)
tell('dsl is back', { iot: await streamed(iot, SERVER, 50) })

await home.change('POST', '/api/v1/wan/switch', { uplink: 'dsl', reason: 'a test', forSeconds: 600 })
await home.isSo('moved as planned', ({ active }) => active === 'dsl')
tell('all by what is free', { ms: await untilRules(0), iot: await streamed(iot, SERVER, 50) })
const users = startStream(house, SERVER, { count: 500 })
await users.begun
await wait(1000)
forward(gateway2, false)
await home.isSo('given up', ({ active }) => active === 'mifi')
tell('all by what costs', { rules: iotRules(), ping: iotPings(), infra: await streamed(house, SERVER, 50) })
await users.ended
process.exit(0)
