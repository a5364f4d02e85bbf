// Runs inside a network namespace that the test made, a router's: what must move nothing, in real time. Prints one JSON line for each thing seen.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { tell } from '../helpers/exec-here.ts'
import { bothUp, makeHousehold, type WanSeen } from '../lab/household.ts'
import { withUsers } from '../lab/mixes.ts'
import { started } from '../lab/processes.ts'
import { during, still } from '../lab/stillness.ts'
import { startStream } from '../lab/streams.ts'
import { SERVER, untilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
const lines = await wireUplinks({ house, gateways: [gateway1, gateway2], internet }, { line: {} })
await startWorld({ gateways: [gateway1, gateway2], internet })
const home = makeHousehold()
home.startCoordinator()
let agent = home.startAgent()
await home.isSo(
  'out by the primary, decided by the coordinator',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)

const users = { house, lines }
const isLossy = ({ id, state, cause }: WanSeen['uplinks'][number]): boolean =>
  id === 'mifi' && state === 'degraded' && cause === 'loss'
const stopped = async (): Promise<void> => {
  agent.kill('SIGSTOP')
  await wait(3000)
  agent.kill('SIGCONT')
  await wait(3000)
}
for (const mix of ['both ways', 'idle'] as const)
  await still(home, `the agent stopped, ${mix}`, () => withUsers(users, mix, () => during(stopped)))

for (const mix of ['both ways', 'idle'] as const)
  await still(home, `a quarter lost, ${mix}`, () =>
    withUsers(users, mix, async () => {
      lines.line({ loss: 0.25 })
      let isLossSeen: boolean | null = null
      const seen = await during(async () => {
        await wait(10_000)
        if (mix === 'idle') return
        // Few questions are asked while users' packets answer them: it is left to luck when enough of those got lost.
        const seen = home.isSo('the loss is seen', ({ uplinks }) => uplinks.some(isLossy))
        isLossSeen = await seen.then(() => true).catch(() => false)
      })
      return { ...seen, isLossSeen }
    }),
  )

await home.change('POST', '/api/v1/wan/switch', { uplink: 'dsl', reason: 'a test', forSeconds: 120 })
await untilLeavesBy('wan2')
const monitor = started('ip', ['-o', 'monitor', 'route', 'rule'])
let changes = ''
monitor.stdout?.on('data', (said: Buffer) => (changes += said.toString()))
const applied = (): string =>
  ['rule show', 'route show table all proto 173']
    .map((words) => execFileSync('ip', words.split(' '), { encoding: 'utf8' }))
    .join('')
const before = applied()
const stream = startStream(house, SERVER, { count: 1200 })
await stream.begun
const { devices } = await during(async () => {
  const gone = once(agent, 'close')
  agent.kill('SIGKILL')
  await gone
  agent = home.startAgent()
  await home.isSo('told again by the agent that is new', (now) => now.holder === 'coordinator' && bothUp(now))
  await wait(4000)
})
tell('its own restart', {
  devices,
  ours: changes.split('\n').filter((line) => / proto 173|lookup 8\d\d\d/.test(line)),
  isAsBefore: applied() === before,
  stream: await stream.ended,
  active: (await home.wan())?.active,
})
lines.stop()
process.exit(0)
