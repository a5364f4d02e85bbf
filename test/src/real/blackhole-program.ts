// Runs inside a network namespace that the test made, the router's: an uplink to a gateway that goes on answering while what is behind it
// is dropped, and a prober. Prints one JSON line for each fault, in milliseconds after it.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { dnsProbe } from '@infra-home/agent/probes/dns.ts'
import { startProber } from '@infra-home/agent/probes/prober.ts'
import { tcpProbe } from '@infra-home/agent/probes/tcp.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { realReach } from '@infra-home/agent/sys/real-reach.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import { eventually } from '../helpers/eventually.ts'
import { ip } from '../helpers/exec-here.ts'
import { watchLateness } from '../helpers/late-ticks.ts'
import { outageOfASecond } from '../lab/outage.ts'

const [rounds = '3', gateway = '', internet = ''] = process.argv.slice(2)
const TARGETS = ['203.0.113.1', '203.0.113.2', '203.0.113.3'] as const
const inGateway = (line: string): void =>
  void execFileSync('ip', ['netns', 'exec', gateway, 'sh', '-c', line], { encoding: 'utf8' })
const tell = (seen: object): void => void process.stdout.write(`${JSON.stringify(seen)}\n`)

for (const words of [
  'link set lo up',
  `link add wan type veth peer name lan netns ${gateway}`,
  `-n ${gateway} link add net type veth peer name world netns ${internet}`,
  'addr add 192.168.8.10/24 dev wan',
  'link set wan up',
  `-n ${gateway} addr add 192.168.8.1/24 dev lan`,
  `-n ${gateway} addr add 198.51.100.1/24 dev net`,
  `-n ${gateway} link set lan up`,
  `-n ${gateway} link set net up`,
  `-n ${gateway} route add 203.0.113.0/24 via 198.51.100.2`,
  `-n ${internet} link set lo up`,
  `-n ${internet} addr add 198.51.100.2/24 dev world`,
  `-n ${internet} link set world up`,
  `-n ${internet} route add default via 198.51.100.1`,
  ...TARGETS.map((target) => `-n ${internet} addr add ${target}/32 dev lo`),
  'route add default via 192.168.8.1 dev wan',
])
  ip(words)
/** Forwarding ends without a word, and the gateway itself goes on answering. */
const forward = (on: boolean): void => inGateway(`echo ${on ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`)
forward(true)

const world = spawn(
  'ip',
  [
    'netns',
    'exec',
    internet,
    process.execPath,
    join(import.meta.dirname, 'world-program.ts'),
    'world',
    ...TARGETS,
  ],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
process.on('exit', () => world.kill('SIGKILL'))
await once(world.stdout, 'data')

const reach = realReach()
const prober = startProber({
  clock: realClock(),
  probes: { dns: dnsProbe(reach, Math.random), tcp: tcpProbe(reach, 443) },
  targets: TARGETS,
  from: () => ({ from: '192.168.8.10' }),
  pace: () => ({ dns: milliseconds(100) }), // as often as a look hears of users who are answered
  onChange: ({ beyond, probing }) => tell({ said: beyond, probing, at: Math.round(performance.now()) }),
})
const alive = setInterval(() => {}, 1000) // the clock's own timers keep nobody
await eventually('a first answer', () => prober.silence().beyond === 'works')

/** Does something to the line and says how long it took until that was known, milliseconds. */
const change = async (what: string, on: boolean, until: 'works' | 'fails'): Promise<void> => {
  forward(on)
  const begun = performance.now()
  const late = watchLateness()
  await eventually(what, () => prober.silence().beyond === until)
  tell({ what, ms: Math.round(performance.now() - begun), lateMs: late() })
}
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** An outage that lasts longer than a second by more than this, as on a busy machine, is another case. */
const AT_MOST_LONGER_MS = 100
/** @throws when each of thirty was longer */
const aSecond = async (): Promise<void> => {
  for (let tries = 0; tries < 30; tries++) {
    if ((await outageOfASecond(gateway, 'behind the gateway')) <= AT_MOST_LONGER_MS) return
    await eventually('works again', () => prober.silence().beyond === 'works')
  }
  throw new Error('this machine is too busy for an outage of a second')
}

for (let round = 0; round < Number(rounds); round++) {
  await aSecond()
  await wait(700 + 37 * round)
  tell({ what: 'a second without a line', gaveUp: prober.silence().beyond !== 'works' })
  await change('blackhole', false, 'fails')
  const { status } = await new Promise<{ status: number | null }>((resolve) => {
    spawn('ping', ['-c1', '-W1', '192.168.8.1'], { stdio: 'ignore' })
      .on('error', () => resolve({ status: null }))
      .on('close', (code) => resolve({ status: code }))
  })
  tell({ what: 'the gateway answers', status })
  await change('healed', true, 'works')
  await wait(1000)
}
prober.stop()
clearInterval(alive)
process.exit(0)
