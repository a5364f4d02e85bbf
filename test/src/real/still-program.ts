// Runs inside a network namespace that the test made, a router's: what must move nothing, in real time. Prints one JSON line for each thing seen.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { tell } from '../helpers/exec-here.ts'
import { watchLateness } from '../helpers/late-ticks.ts'
import { bothUp, makeHousehold } from '../lab/household.ts'
import { inside, started } from '../lab/processes.ts'
import { leavesBy, SERVER, untilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
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

type Stillness = { readonly devices: readonly string[]; readonly lateMs: number }
/** The devices by which packets left while something was done, in turn, and how late this process's timers were meanwhile. */
const during = async (work: () => Promise<unknown>): Promise<Stillness> => {
  const late = watchLateness()
  const seen = [leavesBy()]
  const timer = setInterval(() => {
    const now = leavesBy()
    if (now !== seen.at(-1)) seen.push(now)
  }, 50)
  await work()
  clearInterval(timer)
  return { devices: seen, lateMs: late() }
}
/** What is said of a move that should not have been; null where there was none. */
const whyMoved = async ({ devices }: Stillness): Promise<string | null> => {
  if (devices.length === 1) return null
  const id = (await home.wan())?.lastDecision?.id
  return home.get<string>(`/api/v1/events/${id}/explain`, 'text/plain')
}
/** Beyond this, what was meant to last for a second lasted for longer somewhere. */
const BUSY_MS = 100
/** Tells whether something left traffic where it is; a busy machine is given other chances. */
const still = async (what: string, attempt: () => Promise<Stillness>): Promise<void> => {
  for (let left = 3; ; left--) {
    const seen = await attempt()
    const why = await whyMoved(seen)
    if (leavesBy() !== 'wan1') await home.goBack()
    if (why === null || seen.lateMs < BUSY_MS || left === 0) return tell(what, { ...seen, why })
  }
}

/** Packets of users: each 50 ms with an answer, each 20 ms without, or none. */
const MIXES = {
  'both ways': ['50', 'both'],
  'one-way upload': ['20', 'up'],
  idle: null,
} as const
type Mix = keyof typeof MIXES
const withUsers = async <T>(mix: Mix, work: () => Promise<T>): Promise<T> => {
  const words = MIXES[mix]
  const users = words && inside(house, 'echo-program.ts', 'stream', SERVER, '100000', ...words)
  await wait(2000)
  try {
    return await work()
  } finally {
    users?.kill('SIGKILL')
  }
}

/** What a gateway's shell does to have nothing pass: behind it while it goes on answering, or it is silent itself. */
const OUTAGES = {
  'behind the gateway': ['echo 0 > /proc/sys/net/ipv4/ip_forward', 'echo 1 > /proc/sys/net/ipv4/ip_forward'],
  'at the gateway': [
    `nft 'add table ip fault; add chain ip fault i { type filter hook prerouting priority -300; policy drop; }'`,
    `nft 'delete table ip fault'`,
  ],
} as const
/** Resolves with by how many milliseconds it lasted for longer than a second. */
const outage = async ([begin, end]: readonly [string, string]): Promise<number> => {
  const shell = started('ip', [
    'netns',
    'exec',
    gateway1,
    'sh',
    '-c',
    `a=$(date +%s%N); ${begin}; perl -e 'select undef, undef, undef, 0.96'; ${end}; b=$(date +%s%N); echo $(( (b-a)/1000000 ))`,
  ])
  const [said] = (await once(shell.stdout ?? shell, 'data')) as [Buffer]
  return Math.max(0, Number(said.toString()) - 1000)
}
for (const [where, how] of Object.entries(OUTAGES))
  for (const mix of ['both ways', 'one-way upload', 'idle'] as const)
    await still(`a second ${where}, ${mix}`, () =>
      withUsers(mix, async () => {
        let over = 0
        const seen = await during(async () => {
          over = await outage(how)
          await wait(2000)
        })
        return { ...seen, lateMs: seen.lateMs + over }
      }),
    )

const stopped = async (): Promise<void> => {
  agent.kill('SIGSTOP')
  await wait(3000)
  agent.kill('SIGCONT')
  await wait(3000)
}
for (const mix of ['both ways', 'idle'] as const)
  await still(`the agent stopped, ${mix}`, () => withUsers(mix, () => during(stopped)))

lines.line({ loss: 0.25 })
for (const mix of ['both ways', 'idle'] as const)
  await still(`a quarter lost, ${mix}`, () =>
    withUsers(mix, async () => {
      const seen = await during(() => wait(10_000))
      return { ...seen, mifi: (await home.wan())?.uplinks.find(({ id }) => id === 'mifi') ?? null }
    }),
  )
lines.line({})

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
const stream = inside(house, 'echo-program.ts', 'stream', SERVER, '1200')
const streamed = once(stream.stdout ?? stream, 'data')
await wait(1000)
const { devices } = await during(async () => {
  const gone = once(agent, 'close')
  agent.kill('SIGKILL')
  await gone
  agent = home.startAgent()
  await home.isSo(
    'told again by the agent that is new',
    (now) => now.holder === 'coordinator' && bothUp(now),
    60,
  )
  await wait(4000)
})
const [said] = (await streamed) as [Buffer]
tell('its own restart', {
  devices,
  ours: changes.split('\n').filter((line) => / proto 173|lookup 8\d\d\d/.test(line)),
  isAsBefore: applied() === before,
  stream: JSON.parse(said.toString()) as object,
  active: (await home.wan())?.active,
})
lines.stop()
process.exit(0)
