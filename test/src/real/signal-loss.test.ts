// A 4G modem over real HTTP, an agent and a coordinator as they are shipped, a real broker between them, a real webhook behind:
// what the modem suffers is on the API and at its owner's, and what is said of it is true.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { type SimulatedHilink, simulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { hours, seconds } from '@infra-home/shared/clock.ts'
import { agentHome } from '../helpers/agent-process.ts'
import { askRest } from '../helpers/ask-rest.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { serveDevice } from '../helpers/http-device.ts'
import { ownMs, startTook, tookWords } from '../helpers/late-ticks.ts'
import type { BrokerKind } from '../helpers/live-coordinator.ts'
import { startMosquitto } from '../helpers/mosquitto.ts'
import { webhookEar } from '../helpers/webhook-ear.ts'

const NODE = 'rpi4-1'
const POLL_MS = 1000
const TIMEOUT_MS = 300
/** A question that is not answered takes so long, and then the next one of the same poll may come. */
const BETWEEN_POLLS_MS = TIMEOUT_MS + 100
/** The next poll is so far away at most; its answers travel, and are looked at. */
const SEEN_WITHIN_MS = POLL_MS + 1000

type Modem = {
  readonly state: string
  readonly cause: string | null
  readonly registration: string
  readonly rsrpDbm: number | null
  readonly ageMs: number
  readonly stale: boolean
}
type Alert = Readonly<Record<'id' | 'code' | 'state' | 'stage' | 'cause', string>>
type Entry = { readonly id: string; readonly kind: string; readonly summary: string }
type Effect = Entry & { readonly effects: readonly Effect[] }
type Explanation = { readonly causes: Entry[]; readonly evidence: Entry[]; readonly entry: Effect }

/** Everything real but the modem's inside. */
const wholeHouse = async (t: Test, kind: BrokerKind) => {
  const ear = await webhookEar()
  t.teardown(ear.close)
  const home = coordinatorHome([NODE, 'coordinator'], {
    channels: [{ name: 'owner', kind: 'webhook', url: ear.url }],
    alerting: { groupMs: 0 },
    rules: {
      'modem-signal-lost': { fireAfter: 1000, clearAfter: 1000 },
      'modem-silent': { fireAfter: 1000 },
    },
  })
  t.teardown(home.remove)
  const mosquitto = kind === 'mosquitto' ? await startMosquitto(Object.fromEntries(home.secrets)) : null
  t.teardown(async () => mosquitto?.stop())
  if (mosquitto) home.configure({ broker: external(mosquitto.port) })
  writeFileSync(join(home.stateDir, 'broker-password'), home.secrets.get('coordinator') ?? '')
  const coordinator = await home.start()
  t.teardown(() => coordinator.end('SIGTERM'))
  const modem = await realModem(t)
  const secret = home.secrets.get(NODE) ?? ''
  const agent = agentHome({
    node: NODE,
    broker: { host: '127.0.0.1', port: Number(new URL(coordinator.addresses.mqtt).port), secret },
    signingKeys: home.signingKeys,
    modems: [{ id: 'lte', driver: 'hilink', config: { address: modem.address, timeoutMs: TIMEOUT_MS } }],
    modemPollMs: { calm: POLL_MS, alarmed: POLL_MS },
  })
  t.teardown(agent.remove)
  const running = agent.start()
  t.teardown(() => running.end('SIGTERM'))
  const rest = <T>(path: string): Promise<T> => askRest<T>(coordinator.addresses.http, path)
  return { ear, modem, agent: running, rest, http: coordinator.addresses.http }
}

const external = (port: number) => ({
  kind: 'external',
  host: '127.0.0.1',
  port,
  username: 'coordinator',
  passwordFile: 'broker-password',
})

/** The simulated device behind a listener that can go away, as that of a device that boots does. */
const realModem = async (t: Test) => {
  const device: SimulatedHilink = simulatedHilink({ clock: realClock() })
  let askedAt = performance.now()
  const handle: SimulatedHilink['handle'] = (request) => {
    askedAt = performance.now()
    return device.handle(request)
  }
  let server = await serveDevice(handle)
  const { address } = server
  t.teardown(() => server.close())
  return {
    device,
    address,
    refuse: () => server.close(),
    async listen() {
      server = await serveDevice(handle, Number(address.split(':')[1]))
    },
    /** What changes during a poll is read by half: that poll says what was never so. */
    betweenPolls: () =>
      eventually('a moment between two polls', () => performance.now() - askedAt > BETWEEN_POLLS_MS),
  }
}

const scenarios = (kind: BrokerKind): void => {
  t.test(`over ${kind}`, { buffered: true }, async (t) => {
    const { ear, modem, agent, rest, http } = await wholeHouse(t, kind)
    const { device } = modem
    const looks = async (): Promise<Modem | undefined> =>
      (await rest<{ items: Modem[] }>('/api/v1/modems')).items[0]
    const alertOf = async (code: string, state: string): Promise<Alert | undefined> =>
      (await rest<{ items: Alert[] }>('/api/v1/alerts')).items.find(
        (a) => a.code === code && a.state === state,
      )
    const toldOf = (alert: Alert, event: string) => () =>
      ear.told.flatMap(({ items }) => items).find((item) => item.alertId === alert.id && item.event === event)

    /** Does it, and says how it looks when it looks like `wanted`, and when that was. */
    const change = async (
      t: Test,
      work: () => unknown,
      wanted: (modem: Modem) => boolean,
    ): Promise<Modem> => {
      await modem.betweenPolls()
      await work()
      const took = startTook()
      const seen = await eventually('its effect on the API', async () => {
        const modem = await looks()
        return modem && wanted(modem) ? modem : null
      })
      const all = took()
      t.comment(`${seen.state} (${seen.cause ?? 'no cause'}) on the API after ${tookWords(all)}`)
      t.ok(ownMs(all) <= SEEN_WITHIN_MS, `within ${SEEN_WITHIN_MS} ms`)
      return seen
    }
    const is = (state: string) => (modem: Modem) => modem.state === state

    await t.test('a healthy modem is online', async (t) => {
      const modem = await eventually('the modem', async () => {
        const modem = await looks()
        return modem?.state === 'online' && modem.rsrpDbm !== null ? modem : null
      })
      t.match(modem, { cause: null, registration: 'home', rsrpDbm: -86, stale: false })
    })

    const explained = async (t: Test, { id }: Alert): Promise<void> => {
      const answer = await eventually('both deliveries in the journal', async () => {
        const found = await rest<Explanation>(`/api/v1/events/${id}/explain`)
        return flat(found.entry).filter(({ kind }) => kind === 'step-finished').length >= 2 ? found : null
      })
      const effects = flat(answer.entry)
      t.comment([...answer.causes, ...effects].map(({ kind, summary }) => `${kind}: ${summary}`).join('\n'))
      const steps = effects.map(({ kind, summary }) => `${kind} ${summary}`)
      const inOrder = [
        /suspected/,
        /fired/,
        /tell owner/,
        /begun: notify/,
        /done: HTTP 200/,
        /resolved/,
        /tell owner/,
        /done: HTTP 200/,
      ]
      const readings = [...answer.causes, ...answer.evidence].map(({ summary }) => summary)
      t.match(
        answer.causes,
        [{ summary: /state searching|numbers of modem\/lte/ }],
        'it began with what was read',
      )
      t.match(readings.join('\n'), /state searching/, 'it rests on what the modem said')
      let at = -1
      for (const what of inOrder) {
        at = steps.findIndex((step, i) => i > at && what.test(step))
        t.ok(at >= 0, `then ${what.source}`)
      }
    }

    await t.test('a lost signal is seen, told, explained, and resolved when it is back', async (t) => {
      const lost = await change(t, () => device.setRadio(null), is('searching'))
      t.match(lost, { cause: 'no network service', registration: 'searching', rsrpDbm: null, stale: false })
      const fired = await eventually('the alert', () => alertOf('modem-signal-lost', 'firing'))
      t.equal(fired.cause, 'searching')
      t.match(await eventually('the webhook', toldOf(fired, 'fired')), {
        text: /lte has no service: searching/,
      })
      await change(
        t,
        () => device.setRadio({}),
        (m) => m.state === 'online' && m.rsrpDbm === -86,
      )
      await eventually('the resolution', () => alertOf('modem-signal-lost', 'resolved'))
      await eventually('the webhook', toldOf(fired, 'resolved'))
      const metrics = await (await fetch(`${http}/metrics`)).text()
      t.match(
        metrics,
        /infra_home_deliveries_total\{channel="[a-z-]+",result="sent"\} 2/,
        'and both are counted',
      )
      t.equal(ear.told.length, 2, 'each is told once')
      await explained(t, fired)
    })

    const failures: [what: string, fail: () => unknown, mend: () => unknown, seen: object][] = [
      [
        'hangs',
        () => device.hang(true),
        () => device.hang(false),
        { state: 'unreachable', cause: /within 300 ms/ },
      ],
      [
        'answers with a web page',
        () => device.setAnswers('html'),
        () => device.setAnswers('whole'),
        { state: /unknown|unreachable/, cause: /\w/ },
      ],
      [
        'sends half its answers',
        () => device.setAnswers('half'),
        () => device.setAnswers('whole'),
        { state: 'unknown', cause: /cut off/ },
      ],
    ]
    for (const [what, fail, mend, truth] of failures)
      await t.test(`a modem that ${what} is not known, and is said to be`, async (t) => {
        const seen = await change(t, fail, (m) => m.state !== 'online')
        t.match(seen, { ...truth, rsrpDbm: null, registration: 'unknown' })
        const silent = await eventually('the alert', () => alertOf('modem-silent', 'firing'))
        await eventually('the webhook', toldOf(silent, 'fired'))
        t.notOk(await alertOf('modem-signal-lost', 'firing'), 'not knowing is not a lost signal')
        await change(t, mend, is('online'))
        // what comes back keeps an alert on for longer each time
        const isEnding = async () => (await alertOf('modem-silent', 'firing'))?.stage !== 'firing'
        await eventually('the resolution, or its beginning', isEnding)
      })

    await t.test('a modem that boots is refused, then searching, then online', async (t) => {
      device.reboot({ apiAfter: seconds(0), radioAfter: hours(1) })
      t.match(await change(t, modem.refuse, is('unreachable')), { cause: /ECONNREFUSED/, rsrpDbm: null })
      t.match(await change(t, modem.listen, is('searching')), { cause: 'no network service', rsrpDbm: null })
      const booted = (): void => device.reboot({ apiAfter: seconds(0), radioAfter: seconds(0) })
      t.equal((await change(t, booted, is('online'))).rsrpDbm, -86)
    })

    await t.test('the agent went on through all of it', async (t) => {
      t.equal(agent.child.exitCode, null)
      t.equal(agent.logged().match(/connected to the broker/g)?.length, 1, 'over one connection')
      t.match(await looks(), { stale: false })
    })
  })
}

const flat = (entry: Effect): Entry[] => [entry, ...entry.effects.flatMap(flat)]

t.jobs = 2
scenarios('embedded')
if (spawnSync('mosquitto', ['-h']).error) {
  const reason = 'Mosquitto is not installed (Debian package mosquitto)'
  t.test('over mosquitto', { skip: process.env['CI'] === 'true' ? false : reason }, async (t) =>
    t.fail(reason),
  )
} else scenarios('mosquitto')
