// Runs inside a network namespace that the test made, a router's, between a network of the house and two uplinks to one internet: a whole
// coordinator and a whole agent, a line that dies without a word, and REST. Prints one JSON line for each thing seen.
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { ip, tell } from '../helpers/exec-here.ts'
import { bothUp, LONGEST_RECONNECT, makeHousehold, type WanSeen } from '../lab/household.ts'
import { startTook } from '../helpers/late-ticks.ts'
import { outageOfASecond } from '../lab/outage.ts'
import { inside, started } from '../lab/processes.ts'
import { startStream, type Stream } from '../lab/streams.ts'
import { forward, leavesBy, SERVER, tookUntilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
await startWorld({ gateways: [gateway1, gateway2], internet })
const stream = (count: number): Stream => startStream(house, SERVER, { count })
const { get, change, wan, isSo, goBack, startCoordinator, startAgent, resolverFile } = makeHousehold()

let coordinator = startCoordinator()
const agent = startAgent()
await isSo(
  'out by the primary, decided by the coordinator',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)
tell('at first', (await wan()) as WanSeen)

const dry = await change('POST', '/api/v1/wan/switch?dryRun=true', { uplink: 'dsl', reason: 'what if' })
tell('dry run', dry)
tell('nonsense', await change('POST', '/api/v1/wan/switch', { uplink: 'the Moon', reason: 'what if' }))

const runs: object[] = []
let isTold = false
for (let run = 0; run < 5; run++) {
  const users = stream(500)
  await users.begun
  await wait(1000 + 130 * run)
  forward(gateway1, false)
  runs.push(await tookUntilLeavesBy('wan2'))
  await isSo(
    'told',
    ({ active, uplinks }) => active === 'dsl' && uplinks.some(({ state }) => state === 'down'),
  )
  const now = await eventually('read back', async () => {
    const seen = await wan()
    const { to, reason, ok } = seen?.lastDecision ?? {}
    return to === 'dsl' && reason === 'path-down' && ok === true ? seen : null
  })
  if (!isTold && now.lastDecision?.by === 'coordinator') {
    isTold = true // a coordinator that a busy machine stops for a second is gone, and the agent decides
    tell('moved', { ...now, text: await get<string>('/api/v1/wan', 'text/plain') })
    tell('why', { text: await get<string>(`/api/v1/events/${now.lastDecision?.id}/explain`, 'text/plain') })
  }
  forward(gateway1, true)
  await users.ended
  await goBack()
}
tell('blackhole', { runs })

const long = stream(400)
await long.begun
await change('POST', '/api/v1/wan/switch', { uplink: 'dsl', reason: 'a planned move', forSeconds: 2 })
await isSo('moved as planned', ({ active }) => active === 'dsl')
tell('planned move', { stream: await long.ended })
await goBack()

await change('PUT', '/api/v1/wan/hold', { reason: 'hands off' })
forward(gateway1, false)
await isSo(
  'given up, and held',
  ({ uplinks, stays }) => stays === 'held' && uplinks.some(({ state }) => state === 'down'),
)
tell('held', {
  leavesBy: leavesBy(),
  refused: await change('POST', '/api/v1/wan/switch', { uplink: 'dsl', reason: 'now' }),
})
await change('DELETE', '/api/v1/wan/hold')
tell('released', { took: await tookUntilLeavesBy('wan2') })
forward(gateway1, true)
await goBack()

for (let second = 0; second < 3; second++) {
  await outageOfASecond(gateway1, 'behind the gateway')
  await wait(2500)
}
tell('stutter', { leavesBy: leavesBy() })

const users = stream(600)
await users.begun
await wait(1000)
coordinator.kill('SIGKILL')
forward(gateway1, false)
const alone = await tookUntilLeavesBy('wan2')
coordinator = startCoordinator()
await isSo(
  'handed back',
  ({ holder, active }) => holder === 'coordinator' && active === 'dsl',
  LONGEST_RECONNECT,
)
await isSo('told of what was done meanwhile', ({ lastDecision }) => lastDecision?.by === 'agent')
const after = (await wan()) as WanSeen
tell('without a coordinator', { took: alone, after, leavesBy: leavesBy() })
tell('why alone', {
  text: await get<string>(`/api/v1/events/${after.lastDecision?.id}/explain`, 'text/plain'),
})
await users.ended
forward(gateway1, true)

const resolver = 'dnsmasq --no-daemon --no-hosts --cache-size=0 --bind-interfaces --user=root --pid-file='
started('sh', ['-c', `exec ${resolver} --listen-address=10.10.0.1 --resolv-file=${resolverFile} 2>/dev/null`])
const named = async (): Promise<object> => {
  const child = inside(house, 'name-program.ts', '10.10.0.1')
  const [said] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  return { ...(JSON.parse(said.toString()) as object), file: readFileSync(resolverFile, 'utf8') }
}
tell('names by dsl', await named())
ip('link set wan2 down')
tell('carrier', { took: await tookUntilLeavesBy('wan1') })
await isSo('the cable is known to be out', ({ active }) => active === 'mifi')
tell('names by mifi', await named())
ip('link set wan2 up')
ip('addr replace 192.168.9.10/24 dev wan2')
const isOurs = (): boolean =>
  execFileSync('ip', ['route', 'show', 'default'], { encoding: 'utf8' }).includes('metric 47')
ip('route del default via 192.168.8.1 dev wan1 metric 47')
await eventually('put right', isOurs)
const hasRuleset = (): boolean =>
  spawnSync('nft', ['list', 'table', 'inet', 'infra_home'], { stdio: 'ignore' }).status === 0
const flushed: object[] = []
for (const count of [1, 400]) {
  const running = stream(count)
  await running.begun
  await wait(count === 1 ? 4000 : 1000) // nobody at work by then, and somebody who is
  execFileSync('nft', ['flush', 'ruleset'])
  const took = startTook()
  await eventually('a ruleset again', hasRuleset)
  flushed.push({ took: took(), running: await running.ended, after: await stream(50).ended })
}
tell('flushed', { flushed })
const events = await get<{ items: { summary: string }[] }>('/api/v1/events?kind=message&limit=200')
tell('told of drift', {
  drift: events.items.filter(({ summary }) => summary.startsWith('event drift')).length,
})
tell('metrics', { text: await get<string>('/metrics', 'text/plain') })
const ended = once(agent, 'close')
agent.kill('SIGTERM')
await ended
startAgent()
type Usage = { items: { uplink: string; usedBy: string; networks: { id: string; bytes: number }[] }[] }
const usage = (): Promise<Usage> => get<Usage>('/api/v1/wan/usage')
await eventually('usage', async () => (await usage()).items.some(({ networks }) => networks.length > 0))
tell('usage', await usage())
process.exit(0)
