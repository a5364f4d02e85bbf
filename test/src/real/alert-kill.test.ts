// Alerts through a coordinator as it is shipped, to a webhook that fails, hangs and asks for patience, while the coordinator is killed at
// random moments: each is told, and told as new once.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type MqttClient } from 'mqtt'
import t from 'tap'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { macKeyOfSecret, withMac } from '@infra-home/shared/seal/mac.ts'
import { randomFrom } from '../conformance/mangle.ts'
import { bundles } from '../helpers/bundles.ts'
import { type Addresses, coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { voice } from '../helpers/said.ts'

const KILLS = 50
const NODES = ['rpi4-1', 'rpi4-2', 'phone-1', 'phone-2']
const LINKS = 250
/** What begins to go wrong on each node between two kills. */
const AT_ONCE = LINKS / KILLS
const LONGEST_LIFE_MS = 400

const RULE = {
  code: 'storm',
  severity: 'critical',
  advice: 'none, it is a test',
  of: { thing: 'link/*' },
  metric: 'rxErrors',
  fire: 100,
  clear: 10,
}

type Item = {
  readonly alertId: string
  readonly event: string
  readonly title: string
  readonly repeat: boolean
}
type Taken = Item & { readonly subject: string }

/** Each fifth message that is new meets one of these in turn. */
const MOODS = ['fails', 'patience', 'hangs'] as const
const MOODY = 5

/** A webhook's server that fails, asks for patience and hangs now and then, and keeps what it took. */
const moodyEar = async () => {
  let fresh = 0
  const moodOf = (items: readonly Item[]): (typeof MOODS)[number] | 'fine' => {
    if (!ear.isMoody || items.some(({ repeat }) => repeat) || ++fresh % MOODY !== 0) return 'fine'
    return MOODS[(fresh / MOODY) % MOODS.length] ?? 'fine'
  }
  const taken: Taken[] = []
  const ear = { isMoody: true, url: '', moods: { fine: 0, fails: 0, patience: 0, hangs: 0 } }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const { items } = JSON.parse(body) as { items: Item[] }
      const mood = moodOf(items)
      ear.moods[mood]++
      if (mood === 'fails') return void response.writeHead(500).end()
      if (mood === 'patience') return void response.writeHead(429, { 'retry-after': '1' }).end()
      for (const item of items) {
        const [, subject] = /storm on (.+)$/.exec(item.title) ?? []
        if (subject) taken.push({ ...item, subject })
      }
      if (mood === 'fine') response.end('thanks')
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const close = (): void => void (server.closeAllConnections(), server.close())
  ear.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return Object.assign(ear, { taken, close })
}

/** A node that says how all its links are whenever it is asked to. */
const speaker = (node: string, secret: string) => {
  const self = voice(node, machineClock())
  const key = macKeyOfSecret(secret, { site: 'home', node })
  const errors: Record<string, { rxErrors: number }> = {}
  let sent = 0
  let client: MqttClient | null = null
  const publish = ([topic, message]: [string, object]): Promise<unknown> | undefined =>
    client?.publishAsync(topic, withMac(key, topic, JSON.stringify(message)), { qos: 1 })
  const speak = () => publish(self.tm(errors, ++sent))
  return {
    node,
    errors,
    /** Killed meanwhile, or gone: then nothing is ever said of it. */
    speak: () => Promise.race([speak()?.catch(() => {}), wait(5000, undefined, { ref: false })]),
    async join({ mqtt }: Addresses): Promise<void> {
      const { hostname: host, port } = new URL(mqtt)
      const options = { protocol: 'mqtt', host, port: Number(port), reconnectPeriod: 0 } as const
      const opened = connect({ ...options, clientId: node, username: node, password: secret })
      client = opened
      opened.on('error', () => {})
      await new Promise<void>((resolve) => opened.once('connect', () => resolve()))
      await publish(self.birth([{ session: 1, from: sent + 1 }], Object.keys(errors)))
      await speak()
    },
    leave: () => void client?.end(true),
  }
}
type Speaker = ReturnType<typeof speaker>

const BAD = { rxErrors: 500 }
const GOOD = { rxErrors: 0 }

/** More links go wrong; those that somebody was told of are mended. */
const goOn = (nodes: readonly Speaker[], round: number, taken: readonly Taken[]): void => {
  const told = new Set(taken.filter(({ event }) => event === 'fired').map(({ subject }) => subject))
  for (const { node, errors } of nodes) {
    for (let i = round * AT_ONCE; i < Math.min(LINKS, (round + 1) * AT_ONCE); i++) errors[`link/l${i}`] = BAD
    for (const key of Object.keys(errors)) if (told.has(`${node} (${key.slice(5)})`)) errors[key] = GOOD
  }
}

t.test(
  `${NODES.length * LINKS} alerts over ${KILLS} kills: none is lost, and none is told twice as if it were new`,
  async (t) => {
    const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 1_000_000))
    t.comment(`KILL_SEED=${seed}`)
    const random = randomFrom(seed)
    const ear = await moodyEar()
    t.teardown(ear.close)
    const home = coordinatorHome(NODES, {
      channels: [{ name: 'owner', kind: 'webhook', url: ear.url }],
      rulesFile: 'rules.json',
    })
    t.teardown(home.remove)
    writeFileSync(join(home.stateDir, 'rules.json'), JSON.stringify({ rules: [RULE] }))
    const nodes = NODES.map((node) => speaker(node, home.secrets.get(node) ?? ''))

    const bundle = { script: join(bundles(t), 'coordinator.mjs') } // starts in a third of the time
    const begun = performance.now()
    for (let kill = 0; kill < KILLS; kill++) {
      goOn(nodes, kill, ear.taken)
      const coordinator = await home.start(bundle)
      const life = random(LONGEST_LIFE_MS)
      await Promise.race([Promise.all(nodes.map((node) => node.join(coordinator.addresses))), wait(life)])
      await wait(random(LONGEST_LIFE_MS))
      await coordinator.end('SIGKILL')
      for (const node of nodes) node.leave()
    }
    t.comment(`${Math.round((performance.now() - begun) / 1000)} s, ${JSON.stringify(ear.moods)}`)

    const isMoodMissing = (): boolean => MOODS.some((mood) => ear.moods[mood] === 0)
    ear.isMoody = isMoodMissing()
    const coordinator = await home.start(bundle)
    await Promise.all(nodes.map((node) => node.join(coordinator.addresses)))
    const subjectsTold = (event: string): number =>
      new Set(ear.taken.filter((item) => item.event === event).map(({ subject }) => subject)).size
    const all = NODES.length * LINKS
    const isOver = async (): Promise<boolean> => {
      ear.isMoody &&= isMoodMissing()
      goOn(nodes, KILLS, ear.taken)
      for (const node of nodes) await node.speak()
      return subjectsTold('fired') === all && subjectsTold('resolved') === all
    }
    const rests = 360 // a channel that failed again and again is asked every five minutes
    await eventually('every alert to be told, and told to be over', isOver, rests).catch(() => {}) // counted below
    await coordinator.end('SIGTERM')

    t.equal(subjectsTold('fired'), all, 'every alert was told')
    t.equal(subjectsTold('resolved'), all, 'and that it is over')
    const times = Map.groupBy(ear.taken, ({ subject, event }) => `${event} ${subject}`)
    const ids = [...times].filter(([, items]) => new Set(items.map(({ alertId }) => alertId)).size > 1)
    t.same(ids, [], 'each is one alert')
    const doubled = [...times].filter(([, items]) => items.slice(1).some(({ repeat }) => !repeat))
    t.same(doubled, [], 'what is told again says so')
    const again = [...times.values()].filter((items) => items.length > 1).length
    t.comment(
      `${again} of ${2 * all} were told again, marked as a possible repeat; ${Math.round((performance.now() - begun) / 1000)} s in all`,
    )
    for (const mood of MOODS) t.ok(ear.moods[mood] > 0, `${mood} now and then`)
  },
)
