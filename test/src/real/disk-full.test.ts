// A file system without room, under the coordinator and under an agent as they are shipped: nothing that was promised is lost,
// what need not be written goes on, and it is said.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Gap } from '@infra-home/agent/outbox/entry.ts'
import { openOutbox, type Outbox } from '@infra-home/agent/outbox/outbox.ts'
import { recover } from '@infra-home/agent/outbox/recover.ts'
import { createRetrying } from '@infra-home/agent/outbox/retrying.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { realDisk } from '@infra-home/agent/sys/real-disk.ts'
import { simulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import type { Entry } from '@infra-home/coordinator/audit/entry.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { hasSeq, type SeqSet } from '@infra-home/shared/seq-set.ts'
import { agentHome } from '../helpers/agent-process.ts'
import { askRest } from '../helpers/ask-rest.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { serveDevice } from '../helpers/http-device.ts'
import { type MqttTap, mqttTap, type Overheard } from '../helpers/mqtt-tap.ts'
import { orSkip } from '../helpers/real-server.ts'
import { type SmallDisk, smallDisk } from '../helpers/small-disk.ts'
import { webhookEar } from '../helpers/webhook-ear.ts'

/** Seconds: each look waits for a modem's poll, twice, beside whatever else this machine does. */
const SLOWLY = 60

const NODE = 'rpi4-1'
/** All of them read the one device: what it says is more than fits into the rest of a page that is already the file's. */
const MODEMS = ['lte', 'lte-2', 'lte-3', 'lte-4']

type Mark = { readonly session: number; readonly seq: number }
type Trouble = { readonly troubles: readonly string[] }

/** A coordinator, a modem, and an agent with somebody who listens on its line; the folders of either may be on `disks`. */
const wholeHouse = async (
  t: Test,
  disks: { readonly coordinator?: SmallDisk; readonly agent?: SmallDisk },
) => {
  const ear = await webhookEar()
  t.teardown(ear.close)
  const config = {
    channels: [{ name: 'owner', kind: 'webhook', url: ear.url }],
    rules: { 'modem-signal-lost': { fireAfter: 500, clearAfter: 500 } },
  }
  const home = coordinatorHome([NODE], config, disks.coordinator?.folder)
  t.teardown(home.remove)
  const coordinator = await home.start()
  t.teardown(() => coordinator.end('SIGKILL'))
  const { http, mqtt } = coordinator.addresses
  const device = simulatedHilink({ clock: realClock() })
  const server = await serveDevice(device.handle)
  t.teardown(server.close)
  const tap = await mqttTap(Number(new URL(mqtt).port))
  t.teardown(tap.close)
  const agent = agentHome({
    node: NODE,
    broker: { host: '127.0.0.1', port: tap.port, secret: home.secrets.get(NODE) ?? '' },
    signingKeys: home.signingKeys,
    modems: MODEMS.map((id) => ({ id, driver: 'hilink', config: { address: server.address } })),
    modemPollMs: { calm: 1000, alarmed: 1000 },
    ...(disks.agent && { stateDir: join(disks.agent.folder, 'agent') }),
  })
  t.teardown(agent.remove)
  const modemIs = (state: string): Promise<unknown> =>
    eventually(`the modem ${state} on the API`, async () => {
      const { items } = await askRest<{ items: { state: string }[] }>(http, '/api/v1/modems')
      return items.length === MODEMS.length && items.every((modem) => modem.state === state)
    })
  return { ear, home, coordinator, http, device, tap, agent, modemIs }
}

/** What the coordinator said to have of a session. */
const acknowledged = ({ down }: MqttTap, session: number): SeqSet => {
  const acks = down.filter(({ topic, value }) => topic.endsWith('/ack') && value['session'] === session)
  return (acks.at(-1)?.value as SeqSet | undefined) ?? { upTo: 0, above: [] }
}

/** The numbers of all messages that went up the line, those in backlogs too. */
const marksIn = (heard: readonly Overheard[]): Mark[] =>
  heard.flatMap(({ topic, value }) => {
    const inside = topic.endsWith('/backlog')
      ? (value['entries'] as { message: Mark }[]).map(({ message }) => message)
      : [value as unknown as Mark]
    return inside.filter(({ seq }) => typeof seq === 'number')
  })

const keyOf = ({ session, seq }: Mark): string => `${session}/${seq}`

/** How often each message of a node is in the journal of a coordinator that has ended; fails unless the chain is whole. */
const journalled = async (t: Test, stateDir: string) => {
  const store = await openStoreHere({ path: join(stateDir, 'infra-home.db') })
  t.match(await store.verify(), { ok: true }, 'the chain is whole')
  const times = new Map<string, number>()
  const gaps: Gap[] = []
  for await (const entry of store.tail(0)) {
    const message = messageOf(entry)
    if (!message) continue
    times.set(keyOf(message), (times.get(keyOf(message)) ?? 0) + 1)
    if (entry.kind === 'message' && entry.body.said.kind === 'event' && entry.body.said.event === 'gap')
      gaps.push(entry.body.said.message.body as Gap)
  }
  await store.close()
  t.same(
    [...times].filter(([, count]) => count > 1),
    [],
    'nothing is there twice',
  )
  return { times, gaps }
}

const messageOf = (entry: Entry): Mark | null => {
  if (entry.kind !== 'numbers' && entry.kind !== 'message') return null
  const { session, seq } = entry.kind === 'numbers' ? entry.body.message : entry.body.said.message
  return seq === null ? null : { session, seq }
}

const onSmallDisk = (name: string, mebibytes: number, body: (t: Test, disk: SmallDisk) => Promise<void>) =>
  t.test(name, { buffered: true }, async (t) => {
    const disk = await orSkip(t, name, () => smallDisk(mebibytes))
    if (!disk) return
    t.teardown(disk.close)
    await body(t, disk)
  })

t.jobs = 3

onSmallDisk('a coordinator whose disk is full', 8, async (t, disk) => {
  const house = await wholeHouse(t, { coordinator: disk })
  const { ear, http, device, tap, modemIs } = house
  const agent = house.agent.start()
  t.teardown(() => agent.end('SIGKILL'))
  await modemIs('online')
  const birth = await eventually('the birth', () => tap.up.find(({ topic }) => topic.endsWith('/$birth')))
  const session = Number(birth.value['session'])
  await eventually('an acknowledgement', () => acknowledged(tap, session).upTo > 0)
  const readyz = async (): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${http}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }
  t.match(await readyz(), { status: 200 })

  const before = tap.up.length
  disk.fill()
  device.setRadio(null)
  await modemIs('searching')
  const said = await eventually('the modem’s state on the line', () =>
    tap.up.slice(before).find(({ topic }) => topic.endsWith('/state/modem/lte')),
  )
  const mark = said.value as unknown as Mark

  await t.test('goes on deciding and telling its owner', async (t) => {
    const told = await eventually('the alert at the webhook', () =>
      ear.told.flatMap(({ items }) => items).find(({ event }) => event === 'fired'),
    )
    t.match(told.text, /lte\S* has no service/)
  })
  await t.test('says so', async (t) => {
    const answer = await eventually('503', async () => {
      const now = await readyz()
      return now.status === 503 ? now : null
    })
    t.match(answer.text, /the journal cannot be written since .*full.* entries wait in memory/)
    const metrics = await (await fetch(`${http}/metrics`)).text()
    t.match(metrics, /^infra_home_journal_failures_total\{result="failed"\} [1-9]/m)
  })
  await t.test('acknowledges nothing, and the agent keeps it', async (t) => {
    t.notOk(hasSeq(acknowledged(tap, session), mark.seq))
    const { entries } = await recover(realDisk(house.agent.stateDir))
    t.ok(entries.some((entry) => keyOf(entry) === keyOf(mark)))
  })
  const owed = marksIn(tap.up.slice(before))
  disk.free()
  const from = performance.now()
  await t.test('acknowledges it when there is room again', async (t) => {
    await eventually('the acknowledgement', () => hasSeq(acknowledged(tap, session), mark.seq))
    t.comment(`${Math.round(performance.now() - from)} ms after there was room`)
    t.match(await eventually('ready', async () => (await readyz()).status === 200), true)
  })
  await t.test('has everything once in the end', async (t) => {
    t.equal(await agent.end('SIGTERM'), 0)
    t.equal(await house.coordinator.end('SIGTERM'), 0)
    const { times, gaps } = await journalled(t, house.home.stateDir)
    t.ok(owed.length > 0, `${owed.length} messages were said while there was no room`)
    t.same(
      owed.filter((mark) => !times.has(keyOf(mark))),
      [],
      'each of them is there',
    )
    t.same(gaps, [], 'and nothing was given up')
  })
})

onSmallDisk('an agent whose disk is full', 1, async (t, disk) => {
  const house = await wholeHouse(t, { agent: disk })
  const { http, device, modemIs, tap } = house
  const troubles = async (): Promise<readonly string[]> =>
    (await askRest<Trouble>(http, `/api/v1/nodes/${NODE}`)).troubles
  const signal = async (on: boolean): Promise<void> => {
    device.setRadio(on ? {} : null)
    await modemIs(on ? 'online' : 'searching')
  }
  const first = house.agent.start()
  t.teardown(() => first.end('SIGKILL'))
  await modemIs('online')

  await t.test('goes on reporting, and says it once', async (t) => {
    await eventually(
      'the trouble on the API',
      async () => {
        disk.fill() // again, for what was acknowledged meanwhile is cleared away
        for (const on of [false, true]) await signal(on)
        return (await troubles()).join().includes('outbox')
      },
      SLOWLY,
    )
    for (const on of [false, true]) await signal(on)
    const said = (what: RegExp): number => first.logged().match(what)?.length ?? 0
    t.equal(said(/the disk takes nothing/g), said(/the disk takes again/g) + 1, 'once each time')
    t.match(first.logged(), /the disk takes nothing.*ENOSPC/)
    await first.end('SIGKILL')
    disk.fill()
  })

  const second = house.agent.start()
  t.teardown(() => second.end('SIGKILL'))
  await t.test('starts without room, and reports', async () => {
    await eventually('its second birth', () => births(tap) === 2)
    let on = true
    await eventually(
      'the trouble on the API',
      async () => {
        disk.fill() // again, for what the first start no longer needed is cleared away
        await signal((on = !on))
        return (await troubles()).join().includes('outbox')
      },
      SLOWLY,
    )
    if (!on) await signal(true)
  })

  await t.test('writes again when there is room, and says so', async (t) => {
    disk.free()
    let on = false
    await eventually(
      'no trouble on the API',
      async () => {
        await signal((on = !on))
        return !(await troubles()).join().includes('outbox')
      },
      SLOWLY,
    )
    const refused = second.logged().match(/the disk takes nothing/g)?.length ?? 0
    t.ok(refused > 0)
    t.equal(second.logged().match(/the disk takes again/g)?.length, refused, 'once each time')
    t.equal(await second.end('SIGTERM'), 0)
  })

  await t.test('finds nothing broken afterwards', async (t) => {
    const { entries, lost } = await recover(realDisk(house.agent.stateDir))
    t.same(lost(Number.MAX_SAFE_INTEGER), [], `${entries.length} entries, no damage`)
    const third = house.agent.start()
    t.teardown(() => third.end('SIGKILL'))
    await eventually('its third birth', () => births(tap) === 3)
    await signal(false)
    t.equal(await third.end('SIGTERM'), 0)
    t.equal(await house.coordinator.end('SIGTERM'), 0)
    const { times, gaps } = await journalled(t, house.home.stateDir)
    t.ok(times.size > 10)
    t.same(gaps, [])
    const sessions = new Set(marksIn(tap.up).map(({ session }) => session))
    t.equal(sessions.size, 3, 'no start took the number of another')
  })
})

const births = ({ up }: MqttTap): number =>
  new Set(up.flatMap(({ topic, value }) => (topic.endsWith('/$birth') ? [value['session']] : []))).size

onSmallDisk('an outbox that must drop because its disk is full tells what', 1, async (t, disk) => {
  const files = realDisk(join(disk.folder, 'outbox'))
  const gaps: Gap[] = []
  const open = async (): Promise<Outbox> => {
    const outbox: Outbox = await openOutbox({
      disk: files,
      clock: realClock(),
      limits: { memoryBytes: 16_384 },
      onGap(gap) {
        gaps.push(gap)
        say(outbox, 'gap', gap)
      },
    })
    return outbox
  }
  const first = await open()
  for (let i = 0; i < 10; i++) say(first, 'refused', { filler: 'x'.repeat(1000) })
  await first.flush()
  disk.fill()
  for (let i = 0; i < 5; i++) say(first, 'refused', { filler: 'x'.repeat(1000) })
  await first.flush()
  t.match(first.stats(), { failing: true, failure: /ENOSPC/ })
  for (let i = 0; i < 100; i++) say(first, 'refused', { filler: 'x'.repeat(1000) })
  await eventually('the marker', () => gaps.length > 0)
  t.ok(gaps.every(({ reason }) => reason === 'disk'))
  disk.free()
  await first.close()
  t.match(first.stats(), { failing: false })

  const second = await recover(files)
  const last = Math.max(...second.entries.map(({ seq }) => seq))
  const kept = new Set(second.entries.map(({ seq }) => seq))
  const told = (seq: number): boolean => gaps.some(({ from, to }) => from <= seq && seq <= to)
  t.ok(last > 100 && kept.size > 10, `${kept.size} kept, ${gaps.length} markers`)
  const numbers = Array.from({ length: last }, (_, i) => i + 1)
  t.same(
    numbers.filter((seq) => !kept.has(seq) && !told(seq)),
    [],
    'each was kept, or is told of',
  )
  t.same(second.lost(Number.MAX_SAFE_INTEGER), [], 'and nothing on the disk is broken')
})

onSmallDisk('an outbox does not take it for room that there was nothing to write', 1, async (t, disk) => {
  const outbox = await openOutbox({
    disk: realDisk(join(disk.folder, 'outbox')),
    clock: realClock(),
    onGap() {},
  })
  disk.fill()
  for (let i = 0; i < 5; i++) say(outbox, 'refused', { filler: 'x'.repeat(1000) })
  await outbox.flush()
  outbox.settle({ session: outbox.session, upTo: 5, above: [] })
  await outbox.flush()
  t.match(outbox.stats(), { entries: 0, failing: true })
  disk.free()
  say(outbox, 'refused', {})
  await outbox.flush()
  t.match(outbox.stats(), { entries: 1, failing: false, failure: null })
  await outbox.close()
})

t.test('a last write does not count on one under way that is bound to fail', async (t) => {
  let full = true
  let written = 0
  const retrying = createRetrying({
    clock: realClock(),
    first: seconds(60),
    longest: seconds(60),
    async work() {
      const wasFull = full
      await new Promise((resolve) => setImmediate(resolve))
      if (wasFull) throw new InfraError('disk-full', 'ENOSPC')
      written++
      return true
    },
  })
  const underWay = retrying.now()
  await Promise.resolve()
  await Promise.resolve()
  full = false
  await Promise.all([underWay, retrying.now()])
  retrying.stop()
  t.ok(written > 0)
  t.equal(retrying.refused(), null)
})

/** Adds an event, as the publisher does. */
const say = (outbox: Outbox, event: string, body: object): void =>
  outbox.add({
    topic: `ih/1/${NODE}/event/${event}`,
    message: { session: outbox.session, seq: outbox.next(), body } as Mark,
    urgency: 'event',
  })
