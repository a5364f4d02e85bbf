// Runs inside a network namespace that the bench made, a router's: ours and its rivals watch one uplink in the same minutes, and it dies in
// several ways. Prints one JSON line for each thing measured.
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { ip, tell } from '../src/helpers/exec-here.ts'
import { bothUp, makeHousehold } from '../src/lab/household.ts'
import { type Mix, MIXES, withUsers } from '../src/lab/mixes.ts'
import { outageOfASecond, type Place } from '../src/lab/outage.ts'
import { inside } from '../src/lab/processes.ts'
import { startStream } from '../src/lab/streams.ts'
import {
  drop,
  forward,
  leavesBy,
  type Line,
  SERVER,
  TARGETS,
  untilLeavesBy,
  wireUplinks,
} from '../src/lab/uplinks.ts'
import { startWorld } from '../src/lab/world.ts'
import { routePlainly } from './wan-plain.ts'
import { makeRivalNetwork, type Rivals, startRivals } from './wan-rivals.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = '', runs = '3', mode = 'quick', wanted = ''] =
  process.argv.slice(2)
const isWhole = mode === 'whole'
const wants = (what: string): boolean => wanted.split(',').includes(what)
const [TARGET = ''] = TARGETS
const WATCHED = { target: TARGET, device: 'wan1', from: '192.168.8.10' }
/** The slowest of them says so after eight seconds. */
const RIVALS_NEED = 9000

const lines = await wireUplinks({ house, gateways: [gateway1, gateway2], internet }, { line: {} })
await startWorld({ gateways: [gateway1, gateway2], internet })
makeRivalNetwork()
const home = makeHousehold()
let coordinator = home.startCoordinator()
const agent = home.startAgent()
await home.isSo(
  'out by the primary, decided by the coordinator',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)

type Users = 'both' | 'up' | 'flood'
/** Twenty packets a second, both ways or up alone; or more than two megabits of upload, each packet with a small answer. */
const USERS: Readonly<Record<Users, (seconds: number) => readonly string[]>> = {
  both: (seconds) => [String(seconds * 20), '50', 'both'],
  up: (seconds) => [String(seconds * 20), '50', 'up'],
  flood: (seconds) => [String(seconds * 250), '4', 'both', '1200'],
}
const traffic = (seconds: number, way: Users = 'both'): void =>
  void inside(house, 'echo-program.ts', 'stream', SERVER, ...USERS[way](seconds))
/** Faults come at any phase of everybody's timers. */
const phase = (run: number): Promise<void> => wait(1500 + ((run * 379) % 2000))

type Fault = { readonly what: string; readonly line: Line }

const blackhole = async (run: number, { what, line }: Fault): Promise<void> => {
  lines.line(line)
  const rivals = await startRivals(WATCHED)
  traffic(30)
  await phase(run)
  const at = Date.now()
  forward(gateway1, false)
  const ours = await untilLeavesBy('wan2')
  await wait(RIVALS_NEED - ours)
  tell(what, { ours, ...rivals.firstDown(at) })
  await rivals.stop()
  forward(gateway1, true)
  await home.goBack()
}
const many = async (fault: Fault, times: number): Promise<void> => {
  for (let run = 0; wants(fault.what) && run < times; run++) await blackhole(run, fault)
}
await many({ what: 'blackhole', line: {} }, Number(runs))
if (isWhole) await many({ what: 'blackhole-60ms', line: { delayMs: 30 } }, Number(runs))
if (isWhole) await many({ what: 'blackhole-jitter', line: { delayMs: 10, jitterMs: 20 } }, Number(runs) / 4)
lines.line({})

/** Milliseconds until traffic goes elsewhere, of ours alone. */
const alone = async (
  what: string,
  { begin, end, users }: { begin: () => void; end: () => void; users: Users | null },
): Promise<void> => {
  for (let run = 0; wants(what) && run < Math.ceil(Number(runs) / 4); run++) {
    if (users) traffic(20, users)
    await phase(run)
    begin()
    tell(what, { ours: await untilLeavesBy('wan2', 25) })
    end()
    await home.goBack()
  }
}
const dead = { begin: () => forward(gateway1, false), end: () => forward(gateway1, true) }
await alone('blackhole-upload', { ...dead, users: 'up' })
lines.line({ bitsPerSecond: 2_000_000, queueMs: 800 })
if (isWhole) await alone('blackhole-full-queue', { ...dead, users: 'flood' })
lines.line({})
await alone('blackhole-idle', { ...dead, users: null })
await alone('blackhole-upstream-only', {
  begin: () => drop(gateway1, 'iifname up0'),
  end: () => drop(gateway1, null),
  users: 'both',
})
await alone('carrier-loss', {
  begin: () => ip('link set wan1 down'),
  end() {
    ip('link set wan1 up')
    ip('addr replace 192.168.8.10/24 dev wan1')
    ip('route replace default via 192.168.8.1 dev wan1 metric 600 proto dhcp')
  },
  users: 'both',
})

/** How often each gave the uplink up although it lived. */
const falseMoves = async (what: string, disturb: () => Promise<void>): Promise<void> => {
  if (!wants(what)) return
  const rivals = isWhole ? await startRivals(WATCHED) : null
  await countMoves(what, disturb, rivals)
  await rivals?.stop()
}
const falseMovesAlone = async (what: string, disturb: () => Promise<void>): Promise<void> => {
  if (wants(what)) await countMoves(what, disturb, null)
}
const countMoves = async (
  what: string,
  disturb: () => Promise<void>,
  rivals: Rivals | null,
): Promise<void> => {
  const before = await settledMoves()
  const at = Date.now()
  await disturb()
  const after = await settledMoves()
  const { reason, by } = (await home.wan())?.lastDecision ?? {}
  tell(what, { ours: after - before, ...rivals?.downs(at), leavesBy: leavesBy(), last: { reason, by } })
}
/** All that were ever made: the list of decisions forgets. */
const moves = async (): Promise<number> => {
  const metrics = await home.get<string>('/metrics', 'text/plain')
  return [...metrics.matchAll(/^infra_home_wan_switches_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}
/** The same once nobody has told of another for a while: what an agent did by itself is told of later. */
const settledMoves = async (): Promise<number> => {
  for (let before = await moves(); ;) {
    await wait(3000)
    const now = await moves()
    if (now === before) return now
    before = now
  }
}

const outages = isWhole ? 10 : 1
await falseMoves('false-switches-outage1s', async () => {
  for (let outage = 0; outage < outages; outage++) {
    traffic(19)
    await phase(outage)
    forward(gateway1, false)
    await wait(1000)
    forward(gateway1, true)
    await wait(isWhole ? 16_000 : 4000)
  }
})
/** Each mix of users at each place, as often. */
const rounds = isWhole ? 3 : 1
const places: readonly Place[] = isWhole ? ['behind the gateway', 'at the gateway'] : ['behind the gateway']
await falseMoves('false-switches-mixes', async () => {
  for (let round = 0; round < rounds; round++)
    for (const mix of Object.keys(MIXES) as Mix[])
      for (const place of places)
        await withUsers({ house, lines }, mix, async () => {
          await phase(round)
          await outageOfASecond(gateway1, place)
          await wait(isWhole ? 5000 : 2000)
        })
})
const lossy = isWhole ? 300 : 8
const underLoss = async (): Promise<void> => {
  lines.line({ loss: 0.25 })
  await wait(lossy * 1000)
  tell('said of the loss', { uplinks: (await home.wan())?.uplinks ?? [] })
  lines.line({})
}
await falseMoves('false-switches-loss25', async () => {
  traffic(lossy)
  await underLoss()
})
if (isWhole) await falseMoves('false-switches-loss25-idle', underLoss)
/** Of ours alone: keepalived is several programs, and which of them were stopped would make the figure. */
await falseMovesAlone('false-switches-stopped', async () => {
  for (let stop = 0; stop < rounds; stop++)
    for (const isIdle of [false, true]) {
      if (!isIdle) traffic(8)
      await phase(stop)
      agent.kill('SIGSTOP')
      await wait(3000)
      agent.kill('SIGCONT')
      await wait(4000)
    }
})

// after what counts moves: the agent's own is told of some seconds later
await alone('coordinator-killed', {
  begin() {
    coordinator.kill('SIGKILL')
    dead.begin()
  },
  end() {
    coordinator = home.startCoordinator()
    dead.end()
  },
  users: 'both',
})

/** How many of a stream of 100 packets a second are lost while traffic moves to the other uplink and back. */
const lostThrough = async (go: (uplink: 'mifi' | 'dsl') => Promise<void>): Promise<number> => {
  const stream = startStream(house, SERVER, { count: 600 })
  await wait(1500)
  await go('dsl')
  await wait(1500)
  await go('mifi')
  const { sent, received } = await stream.ended
  return sent - received
}
if (wants('failback-lost-packets')) {
  lines.line({ delayMs: 30 })
  const streams = isWhole ? 5 : 1
  const ours: number[] = []
  for (let i = 0; i < streams; i++)
    ours.push(
      await lostThrough(async (uplink) => {
        await home.change('POST', '/api/v1/wan/switch', { uplink, reason: 'a test', forSeconds: 60 })
        await untilLeavesBy(uplink === 'mifi' ? 'wan1' : 'wan2')
      }),
    )
  for (const program of [coordinator, agent]) {
    const ended = once(program, 'close')
    program.kill('SIGKILL')
    await ended
  }
  const go = routePlainly()
  for (const lost of ours) tell('failback-lost-packets', { ours: lost, unpinned: await lostThrough(go) })
}
lines.stop()
process.exit(0)
