// Runs inside a network namespace that the test made, a router's, where somebody else changes what is ours and its owner wants that told and left
// alone. Prints one JSON line for each thing seen.
import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { ip, tell } from '../helpers/exec-here.ts'
import { bothUp, makeHousehold } from '../lab/household.ts'
import { startStream } from '../lab/streams.ts'
import { forward, leavesBy, SERVER, tookUntilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
await startWorld({ gateways: [gateway1, gateway2], internet })
const home = makeHousehold({ coordinator: { wan: { drift: 'report' } } })
const routes = (): string => execFileSync('ip', ['route'], { encoding: 'utf8' })
const hasRuleset = (): boolean =>
  spawnSync('nft', ['list', 'table', 'inet', 'infra_home'], { stdio: 'ignore' }).status === 0
type Items<T> = { readonly items: readonly T[] }
/** How often drift was told of, and whether there is an alert, which waits for half a minute. */
const told = async (): Promise<object> => {
  const events = await home.get<Items<{ summary: string }>>('/api/v1/events?kind=message&limit=200')
  const alerts = await home.get<Items<{ code: string }>>('/api/v1/alerts')
  return {
    times: events.items.filter(({ summary }) => summary.startsWith('event drift')).length,
    isAlerted: alerts.items.some(({ code }) => code === 'route-drift'),
  }
}

home.startCoordinator()
home.startAgent()
await home.isSo(
  'out by the primary',
  (now) => bothUp(now) && now.active === 'mifi' && now.holder === 'coordinator',
)

ip('route add default via 192.168.9.1 dev wan2 metric 60')
ip('route del default via 192.168.8.1 dev wan1 metric 47')
await home.isSo('it is told', ({ fault, active }) => fault !== null && active === 'dsl')
await wait(2000)
tell('the default', {
  fault: (await home.wan())?.fault,
  leavesBy: leavesBy(),
  isOursThere: routes().includes('metric 47'),
  told: await told(),
})
for (const to of ['down', 'up']) {
  ip(`link set lan10 ${to}`) // with which the plan is another
  await wait(1000)
}
tell('the plan was another', { isOursThere: routes().includes('metric 47'), told: await told() })
await startStream(house, SERVER, { count: 300 }).begun
await wait(1000)
forward(gateway2, false)
tell('what leads in its place dies', { took: await tookUntilLeavesBy('wan1') })

execFileSync('nft', ['flush', 'ruleset'])
await home.isSo('it is told', ({ fault }) => fault?.text.includes('ruleset') ?? false)
await wait(1000)
tell('the ruleset', { isThere: hasRuleset(), told: await told() })
process.exit(0)
