// The coordinator and its broker die together: agents as they are shipped tell people by themselves, and that it is back.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { AlarmConfig } from '@infra-home/agent/alarm/alarm-config.ts'
import { agentFor } from '@infra-home/agent/run.ts'
import { realChance } from '@infra-home/agent/sys/real-chance.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { simulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import { agentHome } from '../helpers/agent-process.ts'
import { askRest } from '../helpers/ask-rest.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { ownMs, startTook, tookWords } from '../helpers/late-ticks.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { freePort } from '../helpers/free-port.ts'
import { liveCoordinator } from '../helpers/live-coordinator.ts'
import { toyAuthority } from '../helpers/toy-authority.ts'
import { type WebhookEar, webhookEar } from '../helpers/webhook-ear.ts'

const AFTER_MS = 4000
const STAGGER_MS = 3000
/** A path as services give them, which is all that keeps strangers out. */
const SECRET_PATH = 'T0P-S3CRET'

const PLAN = join(import.meta.dirname, '../../../topology.json')
const missing = spawnSync('mosquitto', ['-h']).error ? 'Mosquitto is not installed' : false

type Events = { readonly items: readonly { id: string; node: string; summary: string; body: unknown }[] }

t.test('a coordinator that dies with its broker', async (t) => {
  const port = await freePort()
  const home = coordinatorHome(['rpi4-1', 'rpi4-2'], {
    broker: { kind: 'embedded', port },
    heartbeatMs: 1000,
  })
  const authority = await toyAuthority('somebody public')
  const ears = {
    first: await webhookEar(await authority.issue({ name: 'localhost', usages: ['server'] })),
    second: await webhookEar(),
  }
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-alarm-'))
  t.teardown(async () => {
    await Promise.all([ears.first.close(), ears.second.close()])
    rmSync(folder, { recursive: true })
    home.remove()
  })
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const alarm = (rank: number, ear: WebhookEar): AlarmConfig => ({
    rank,
    afterMs: AFTER_MS,
    staggerMs: STAGGER_MS,
    channels: [
      // Nobody is there: it goes on to the next.
      { kind: 'ntfy', server: 'http://127.0.0.1:9', topic: 'home', bearerFile: file('token', 'tk_S3CRET\n') },
      { kind: 'webhook', urlFile: file(`hook-${rank}`, `${ear.url}${SECRET_PATH}\n`) },
    ],
  })
  const agentOf = (node: string, rank: number, ear: WebhookEar) =>
    agentHome({
      node,
      broker: { host: '127.0.0.1', port, secret: home.secrets.get(node) ?? '' },
      signingKeys: home.signingKeys,
      alarm: alarm(rank, ear),
    })
  const homes = [agentOf('rpi4-1', 0, ears.first), agentOf('rpi4-2', 1, ears.second)]
  const coordinator = await home.start()
  const env = { NODE_EXTRA_CA_CERTS: file('public.pem', authority.certificate) }
  const agents = homes.map((one) => one.start({ env }))
  t.teardown(async () => {
    await Promise.all(agents.map((agent) => agent.end('SIGKILL')))
    for (const one of homes) one.remove()
  })
  await eventually('both agents', async () => {
    const { items } = await askRest<{ items: { state: string }[] }>(
      coordinator.addresses.http,
      '/api/v1/nodes',
    )
    return items.filter(({ state }) => state === 'online').length === 2
  })
  await wait(AFTER_MS + STAGGER_MS)
  t.same([ears.first.told, ears.second.told], [[], []], 'nobody is told anything while it lives')

  await coordinator.end('SIGKILL')
  const since = startTook()
  await eventually('the alarm', () => ears.first.told.length)
  const took = since()
  t.ok(took.ms > AFTER_MS - 2500 && ownMs(took) < AFTER_MS + 3000, `the alarm came after ${tookWords(took)}`)
  t.same(ears.second.told, [], 'the second in rank waits for the first')
  await eventually('the second alarm', () => ears.second.told.length)
  const tookSecond = since()
  t.ok(
    tookSecond.ms > AFTER_MS + STAGGER_MS - 2500,
    `the one of the second rank came after ${tookWords(tookSecond)}`,
  )
  const [first] = ears.first.told
  const [second] = ears.second.told
  const id = first?.items[0]?.alertId ?? ''
  t.match(first, {
    title: 'home: the coordinator is silent',
    items: [
      {
        event: 'fired',
        duplicate: false,
        text: /^rpi4-1 cannot reach the broker \(.*ECONNREFUSED 127\.0\.0\.1:\d+\), and so not the coordinator\. It was heard last \d s ago, at \d{4}-.* UTC\. Not told by ntfy: connect ECONNREFUSED 127\.0\.0\.1:9\.$/,
      },
    ],
  })
  t.match(second, {
    items: [{ event: 'fired', duplicate: true, text: /Possibly a duplicate: another agent was to tell/ }],
  })

  const again = await home.start()
  t.teardown(() => again.end('SIGTERM'))
  await eventually('that it is back', () => ears.first.told.length > 1 && ears.second.told.length > 1)
  t.match(ears.first.told[1], {
    title: 'home: the coordinator is back',
    items: [{ event: 'resolved', alertId: id, text: /^rpi4-1 hears the coordinator again, after \d+ s\./ }],
  })

  const { http } = again.addresses
  const alarms = await eventually('what the agents told', async () => {
    const { items } = await askRest<Events>(http, '/api/v1/events?kind=message&limit=200')
    const found = items.filter(({ summary }) => summary.startsWith('alarm '))
    return found.length >= 4 ? found : null
  })
  t.same(alarms.map(({ node, summary }) => `${node} ${summary.split(' ').slice(0, 2).join(' ')}`).sort(), [
    'rpi4-1 alarm ended',
    'rpi4-1 alarm raised',
    'rpi4-2 alarm ended',
    'rpi4-2 alarm raised',
  ])
  const raised = alarms.find(({ node, summary }) => node === 'rpi4-1' && summary.includes('raised'))
  t.match(
    raised?.summary,
    /^alarm raised by webhook after \d s of silence: it could not reach the broker; not by ntfy: connect ECONNREFUSED/,
  )
  t.match(raised?.summary, id, 'with the id that people read')
  const explained = await fetch(new URL(`/api/v1/events/${raised?.id}/explain`, http))
  t.match((await explained.text()).replaceAll(/\s+/g, ' '), /rpi4-1: alarm raised by webhook after/)
  const told = JSON.stringify([ears, alarms, agents.map((agent) => agent.logged())])
  t.notMatch(told, /S3CRET/, 'no secret is told or logged')

  const [killedOne] = agents
  await killedOne?.end('SIGKILL')
  const [firstHome] = homes
  if (firstHome) agents[0] = firstHome.start({ env })
  await wait(AFTER_MS + STAGGER_MS)
  t.equal(ears.first.told.length, 2, 'a restarted agent says nothing')
})

t.test(
  'a coordinator that dies beside a broker that lives',
  { skip: process.env['CI'] === 'true' ? false : missing },
  async (t) => {
    const before = await liveCoordinator('mosquitto', { cadence: null, heartbeat: milliseconds(500) })
    const topology = loadTopology(readFileSync(PLAN, 'utf8'), PLAN)
    const host = topology.hosts.find(({ name }) => name === 'rpi4-2')
    if (!host) throw new Error('the plan has no rpi4-2')
    const texts: string[] = []
    const sys = simulatedSys({
      machine: machineOf(topology, host),
      clock: realClock(),
      boot: 'one-boot',
      disk: fakeDisk().mount(),
      async http({ body = '' }) {
        texts.push((JSON.parse(body) as { text: string }).text)
        return { status: 200, headers: {}, body: '' }
      },
    })
    const agent = agentFor(
      {
        site: 'home',
        node: 'rpi4-2',
        broker: { host: '127.0.0.1', port: before.port },
        secret: before.secrets['rpi4-2'] ?? '',
        signingKeys: before.signingKeys,
        stateDir: '',
        cadenceMs: 3_600_000,
        alarm: {
          rank: 0,
          afterMs: AFTER_MS,
          channels: [{ kind: 'webhook', url: 'http://hooks.example/', bearer: null }],
        },
      },
      sys,
      { chance: realChance, log: () => {} },
    )
    t.teardown(() => agent.stop())
    await agent.start()
    await wait(3 * AFTER_MS)
    t.same(texts, [], 'hears the heartbeat of a coordinator that has nothing to acknowledge')

    const after = await before.again(async () => {
      await eventually('the alarm', () => texts.length)
      t.match(texts, [/^The broker answers rpi4-2 and says that the coordinator is gone\./])
    })
    t.teardown(after.close)
    await eventually('that it is back', () => texts.length > 1)
    t.match(texts[1], /^rpi4-2 hears the coordinator again, after \d+ s\.$/)
  },
)
