// Random lives of a house whose channels come and go, and of a coordinator that is killed now and then: each message is told.
import t from 'tap'
import type { Channel, Notification } from '@infra-home/coordinator/alerts/channels/channel.ts'
import type { Errand } from '@infra-home/coordinator/alerts/errand.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { replay } from '@infra-home/coordinator/audit/replay.ts'
import { emptyWorld, type World } from '@infra-home/coordinator/world/world.ts'
import { hours, minutes, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { type Random, randomFrom } from '../conformance/mangle.ts'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.ts'
import { routerOf, smallHouse, tell, type Told } from '../helpers/small-house.ts'

/** How a way is just now: `mute` takes a message and never says so, `patient` asks for a minute, `hangs` answers nothing for ten seconds. */
const MOODS = ['up', 'down', 'mute', 'refusing', 'patient', 'hangs'] as const
type Mood = (typeof MOODS)[number]

type Taken = {
  readonly id: string
  readonly title: string
  readonly channel: string
  readonly at: MonoMs
  readonly repeat: boolean
}

/** A way whose mood others set: what it takes stands in `taken`. One that is dead says nothing any more, as after a power cut. */
const moodyChannel = (
  name: string,
  home: {
    readonly clock: FakeClock
    readonly moodOf: (channel: string) => Mood
    readonly taken: Taken[]
    readonly isDead: () => boolean
  },
): Channel => {
  const { clock, taken } = home
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => clock.after(seconds(ms / 1000), () => (home.isDead() ? undefined : resolve())))
  const fail = (context: Readonly<Record<string, string | number | boolean | null>>): InfraError =>
    new InfraError('delivery-failed', `${name}: no`, { context })
  const take = ({ items }: Notification): void => {
    const at = clock.now().mono
    for (const { id, title, repeat } of items) taken.push({ id, title, channel: name, at, repeat })
  }
  return {
    name,
    async send(notification: Notification, _errand: Errand) {
      if (home.isDead()) return new Promise(() => {})
      await wait(300)
      const mood = home.moodOf(name)
      if (mood === 'down') throw fail({ retryable: true, unsent: true })
      if (mood === 'refusing') throw fail({ retryable: false })
      if (mood === 'patient') throw fail({ retryable: true, retryAfterMs: 60_000 })
      if (mood === 'mute' || mood === 'up') take(notification)
      if (mood === 'mute' || mood === 'hangs') {
        await wait(10_000)
        throw fail({ retryable: true })
      }
      await wait(200)
      return { answer: 'HTTP 200', exchange: '' }
    },
  }
}

const LIVES = 20
const HOURS = 3
/** A way that works is asked for it after all others were, each once: and a restart may come between. */
const IN_TIME = minutes(2)
/** What rests after failures for five minutes at most, and hangs once more, is told by then. */
const AFTER_ALL = minutes(7)

type Owed = { readonly title: string; readonly contact: string; readonly severity: Told; readonly at: MonoMs }

/** Three hours of a house whose channels come and go, and of a coordinator that is killed now and then. */
const live = async (random: Random) => {
  const clock = fakeClock()
  const names = ['a', 'b', 'c', 'd', 'e']
  const reaches = ['internet', 'house', 'phone'] as const
  const channels = names.map((name, i) => ({
    name,
    kind: 'webhook',
    url: 'http://10.0.0.9/',
    over: i === 0 ? ('internet' as const) : (reaches[random(3)] ?? 'house'),
  }))
  const shuffled = (): string[] => names.toSorted(() => random(3) - 1)
  const contacts = ['anna', 'ben', 'carol'].map((name) => ({
    name,
    channels: shuffled().slice(0, 1 + random(4)),
    minSeverity: 'info' as const,
  }))
  const params = paramsOf({ channels, contacts })
  const steady = channels.filter(({ over }) => over !== 'internet' && random(3) === 0).map(({ name }) => name)
  const moods: Record<string, Mood> = {}
  let isOffline = false
  let isHealed = false
  const moodOf = (name: string): Mood => {
    const isCut = isOffline && channels.find((one) => one.name === name)?.over === 'internet'
    if (isCut) return 'down'
    return isHealed || steady.includes(name) ? 'up' : (moods[name] ?? 'up')
  }
  const taken: Taken[] = []
  const owed: Owed[] = []
  const broken: string[] = []
  let reign = 0
  const open = (world: World) => {
    const mine = ++reign
    const home = { clock, moodOf, taken, isDead: () => mine !== reign }
    const before = structuredClone(world)
    const house = smallHouse({
      clock,
      world,
      params,
      channels: names.map((name) => moodyChannel(name, home)),
    })
    house.resume()
    const line = routerOf(house, mine)
    const end = (): void => {
      house.mind.stop()
      if (replay(before, house.journal, params) !== null)
        broken.push(`reign ${mine} is decided otherwise again`)
    }
    return { house, line, end }
  }
  let now = open({ ...emptyWorld('home', null), epoch: 1 })
  const end = clock.now().mono + hours(HOURS)
  let count = 0
  while (clock.now().mono < end) {
    const what = random(12)
    if (what < 4) {
      const contact = contacts[random(3)]?.name ?? ''
      const severity = (['critical', 'critical', 'warning', 'info'] as const)[random(4)] ?? 'critical'
      const title = `T${++count}`
      owed.push({ title, contact, severity, at: clock.now().mono })
      tell(now.house, title, { severity, contacts: [contact] })
    } else if (what < 9) moods[names[random(5)] ?? ''] = MOODS[random(MOODS.length)] ?? 'up'
    else if (what === 9) {
      isOffline = !isOffline
      now.line(isOffline ? 'down' : 'up')
    } else if (what === 10) {
      now.end()
      now = open(structuredClone(now.house.world))
    }
    await clock.advance(seconds(random(3) === 0 ? random(4) : 5 + random(120)))
  }
  isHealed = true
  now.line('up')
  isOffline = false
  await clock.advance(AFTER_ALL)
  now.end()
  return { now, taken, owed, contacts, channels, steady, broken }
}

const asFirst = (taken: readonly Taken[]): Taken[] =>
  taken.filter(
    ({ id, channel }, i) => taken.findIndex((one) => one.id === id && one.channel === channel) === i,
  )

t.test(
  'whatever channels do, and whenever we are killed, each message is told in time and in order',
  async (t) => {
    const begin = 1 + (Math.floor(Date.now() / 1000) % 100_000)
    const seed = Number(process.env['SEED'] ?? begin)
    t.comment(`SEED=${seed}`)
    let told = 0
    for (let life = 0; life < LIVES; life++) {
      const { now, taken, owed, contacts, channels, steady, broken } = await live(randomFrom(seed + life))
      const { deliveries } = now.house.world
      for (const { title, contact, severity, at } of owed) {
        const phones = new Set(channels.filter(({ over }) => over === 'phone').map(({ name }) => name))
        const ways = contacts.find(({ name }) => name === contact)?.channels ?? []
        const usable = severity === 'info' ? ways.filter((way) => !phones.has(way)) : ways
        const mine = taken.filter((one) => one.title === title)
        const [first] = mine
        const status = Object.values(deliveries).find((one) => one.title === title)?.status
        if (first) told++
        if (!first && usable.some((way) => steady.includes(way))) broken.push(`${title} is lost: ${status}`)
        if (!first && status !== 'gave-up' && usable.length > 0)
          broken.push(`${title} is not told: ${status}`)
        const isUrgent = severity === 'critical' && usable.some((way) => steady.includes(way))
        if (first && isUrgent && first.at - at > IN_TIME) broken.push(`${title} took ${first.at - at} ms`)
        const unmarked = mine.filter(({ repeat }) => !repeat)
        if (unmarked.length > 1) broken.push(`${title} was told ${unmarked.length} times as if it were new`)
      }
      for (const { name: contact } of contacts)
        for (const { name: channel } of channels) {
          const order = asFirst(taken.filter((one) => one.channel === channel)).flatMap(({ title }) => {
            const i = owed.findIndex((one) => one.title === title && one.contact === contact)
            return i < 0 ? [] : [i]
          })
          if (order.some((i, k) => k > 0 && i < (order[k - 1] ?? 0)))
            broken.push(`out of order to ${contact} by ${channel}: ${order.join(' ')}`)
        }
      t.same(broken, [], `SEED=${seed + life}`)
    }
    t.ok(told > LIVES * 10, `${told} messages were told`)
  },
)
