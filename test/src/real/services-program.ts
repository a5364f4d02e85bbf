// Runs inside a network namespace that the test made, a router's: paths that live and lack something, under users' flows. Prints one JSON line for
// each thing seen.
import { eventually } from '../helpers/eventually.ts'
import { tell } from '../helpers/exec-here.ts'
import { watchLateness } from '../helpers/late-ticks.ts'
import { bothUp, makeHousehold } from '../lab/household.ts'
import { inside } from '../lab/processes.ts'
import { divertWeb, drop, leavesBy, SERVER, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
await startWorld(
  { gateways: [gateway1, gateway2], internet },
  {
    others: [
      inside(gateway1, 'world-program.ts', 'portal', '8080', 'http://192.168.8.1/login'),
      inside(gateway1, 'world-program.ts', 'portal', '8081', 'http://192.168.8.1/data-plan-used-up'),
    ],
  },
)
const home = makeHousehold()
home.startCoordinator()
home.startAgent()
await home.isSo(
  'out by the primary, decided by the coordinator',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)
const cause = async (): Promise<string | null> =>
  (await home.wan())?.uplinks.find(({ id }) => id === 'mifi')?.cause ?? null
await eventually(
  'all services asked',
  async () => (await home.wan())?.uplinks.every(({ verdicts }) => verdicts.http === 'works') === true,
)
tell('at first', { cause: await cause() })

const CASES = [
  ['dns', () => drop(gateway1, 'meta l4proto { tcp, udp } th dport 53'), () => drop(gateway1, null)],
  ['portal', () => divertWeb(gateway1, 8080), () => divertWeb(gateway1, null)],
  ['quota', () => divertWeb(gateway1, 8081), () => divertWeb(gateway1, null)],
  ['tcp', () => drop(gateway1, 'meta l4proto tcp'), () => drop(gateway1, null)],
  // in all of these users complained of the web in general, so large packets were asked for in vain
  ['large', () => drop(gateway1, 'iifname net0 meta length > 1300'), () => drop(gateway1, null)],
  ['mtu', () => drop(gateway1, 'meta length > 1300'), () => drop(gateway1, null)],
] as const
for (const [what, begin, end] of CASES) {
  const users = inside(house, 'browse-program.ts', '1.1.1.1', SERVER)
  let begun = 0
  let failing = 0 // when users began the first flow that cannot end
  users.stdout?.on('data', (said: Buffer) => {
    if (begun > 0 && failing === 0) failing = Number(said.toString().split('\n')[0])
  })
  await new Promise((resolve) => setTimeout(resolve, 3000))
  tell('before', { what, cause: await cause(), leavesBy: leavesBy() })
  begin()
  const late = watchLateness()
  begun = Date.now()
  const name = what === 'large' ? 'mtu' : what // those that come back alone, or both
  await eventually(what, async () => (await cause()) === name)
  const seen = { ms: Date.now() - failing, lateMs: late() }
  const isDeadly = name !== 'mtu'
  if (isDeadly) await home.isSo(`away from ${what}`, ({ active }) => active === 'dsl')
  tell('named', { what, named: what, ...seen, leavesBy: leavesBy() })
  end()
  await home.isSo(`${what} is over`, bothUp)
  tell('over', { what, ms: Date.now() - begun })
  users.kill('SIGKILL')
  await home.goBack()
}
process.exit(0)
