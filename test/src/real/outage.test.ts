// The coordinator is gone for a while and the broker stays: what happened meanwhile arrives afterwards, with its own times.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { agentFor } from '@infra-home/agent/run.ts'
import { realChance } from '@infra-home/agent/sys/real-chance.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { simulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import type { LinkState } from '@infra-home/shared/messages/link.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import { eventually } from '../helpers/eventually.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { liveCoordinator } from '../helpers/live-coordinator.ts'

const PLAN = join(import.meta.dirname, '../../../topology.json')
/** Clocks are told in whole milliseconds, twice rounded. */
const ROUNDING_MS = 5
const missing = spawnSync('mosquitto', ['-h']).error ? 'Mosquitto is not installed' : false

t.test('a coordinator that was gone', { skip: process.env['CI'] === 'true' ? false : missing }, async (t) => {
  const before = await liveCoordinator('mosquitto', { cadence: null })
  const topology = loadTopology(readFileSync(PLAN, 'utf8'), PLAN)
  const host = topology.hosts.find(({ name }) => name === 'rpi4-2')
  if (!host) throw new Error('the plan has no rpi4-2')
  const machine = machineOf(topology, host)
  const sys = simulatedSys({ machine, clock: realClock(), boot: 'one-boot', disk: fakeDisk().mount() })
  const broker = { host: '127.0.0.1', port: before.port }
  const agent = agentFor(
    {
      site: 'home',
      node: 'rpi4-2',
      broker,
      secret: before.secrets['rpi4-2'] ?? '',
      signingKeys: before.signingKeys,
      stateDir: '',
      cadenceMs: 1000,
    },
    sys,
    { chance: realChance, log: () => {} },
  )
  t.teardown(() => agent.stop())
  await agent.start()
  await eventually('the link', () => before.coordinator.world.nodes['rpi4-2']?.states['link/eth0'])

  const cable = async (carrier: boolean): Promise<void> => {
    const nic = machine.interfaces.find(({ name }) => name === 'eth0')
    if (nic) nic.carrier = carrier
    sys.announce('2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500')
    await wait(4000) // long enough for a look on a busy machine, too
  }
  const times = { from: 0, to: 0 }
  const after = await before.again(async () => {
    times.from = Date.now() - ROUNDING_MS
    await cable(false)
    await cable(true)
    times.to = Date.now() + ROUNDING_MS
  })
  t.teardown(after.close)

  const node = () => after.coordinator.world.nodes['rpi4-2']
  await eventually('everything that was missed', () => {
    const link = node()?.states['link/eth0']
    const received = node()?.received[node()?.session ?? 0]
    const isLast = (link?.body as LinkState | undefined)?.carrier === true
    return link && isLast && received && link.seen.wall >= times.from && received.upTo >= link.seq
  })
  await after.coordinator.flush()
  const said: { carrier: boolean | null; wall: number }[] = []
  for await (const entry of after.store.tail(0)) {
    if (entry.kind !== 'message' || entry.body.said.kind !== 'state' || entry.body.said.id !== 'eth0')
      continue
    if (entry.body.said.state !== 'link' || entry.body.seen.wall < times.from) continue
    said.push({ carrier: (entry.body.said.message.body as LinkState).carrier, wall: entry.body.seen.wall })
  }
  said.sort((a, b) => a.wall - b.wall)
  t.same(
    said.map(({ carrier }) => carrier),
    [false, true],
    'the cable was pulled and put back, each told once',
  )
  t.ok(
    said.every(({ wall }) => wall >= times.from && wall <= times.to),
    'at the times at which it happened',
  )
  t.match(node()?.states['link/eth0']?.body, { carrier: true })
})
