// By which of their ways people are told, whatever becomes of the others: no message waits for another one's way.
import t from 'tap'
import type { Channel } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { pickWay } from '@infra-home/coordinator/decide/pick-way.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { owedDelivery } from '@infra-home/coordinator/world/delivery.ts'
import { emptyWorld, type World } from '@infra-home/coordinator/world/world.ts'
import {
  hours,
  fromRfc3339,
  milliseconds,
  minutes,
  monoMs,
  seconds,
  sleep,
} from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.ts'
import { routerOf, type SmallHouse, smallHouse, tell } from '../helpers/small-house.ts'

const NET = { name: 'phone', kind: 'webhook', url: 'https://example.org' } as const
const SMS = { name: 'sms', kind: 'webhook', over: 'phone' } as const

const ANNA = ['anna']

const houseOfAnna = (): SmallHouse => {
  const contacts = [{ name: 'anna', channels: ['phone', 'sms'], minSeverity: 'info' as const }]
  return smallHouse({ params: paramsOf({ channels: [NET, SMS], contacts }), channels: ['sms'] })
}

/** Who was told it, by which channel. */
const waysOf = (house: SmallHouse, title: string): string[] =>
  house.calls.flatMap(({ channel, answer, titles }) =>
    answer === 'up' && titles.includes(title) ? [channel] : [],
  )

t.test('what is critical goes by the way that works, whatever waits for another', async (t) => {
  t.test('a digest that waits for the line', async (t) => {
    const house = houseOfAnna()
    house.channel = 'down'
    const line = routerOf(house)
    line('down')
    tell(house, 'Digest', { severity: 'info', contacts: ANNA })
    await house.clock.advance(minutes(40))
    tell(house, 'Fire', { severity: 'critical', contacts: ANNA })
    await house.clock.advance(seconds(1))
    t.same(waysOf(house, 'Fire'), ['sms'])
    house.channel = 'up'
    line('up')
    await house.clock.advance(minutes(1))
    t.same(waysOf(house, 'Digest'), ['phone'], 'and the digest when the line is back')
  })
  t.test('a digest whose server is down', async (t) => {
    const house = houseOfAnna()
    house.channel = 'down'
    tell(house, 'Digest', { severity: 'info', contacts: ANNA })
    await house.clock.advance(minutes(40))
    tell(house, 'Fire', { severity: 'critical', contacts: ANNA })
    await house.clock.advance(seconds(1))
    t.same(waysOf(house, 'Fire'), ['sms'])
    const before = house.calls.length
    await house.clock.advance(hours(1))
    t.ok(house.calls.length - before <= 13, 'and its server is asked every few minutes, and no oftener')
  })
  t.test('a message that one way refused for good, while its other is away', async (t) => {
    const house = houseOfAnna()
    house.channel = 'refusing'
    house.others['sms'] = 'down'
    tell(house, 'Smoke', { severity: 'critical', contacts: ANNA })
    await house.clock.advance(minutes(40))
    house.channel = 'up'
    tell(house, 'Fire', { severity: 'critical', contacts: ANNA })
    await house.clock.advance(seconds(1))
    t.same(waysOf(house, 'Fire'), ['phone'])
    house.others['sms'] = 'up'
    await house.clock.advance(minutes(6))
    t.same(waysOf(house, 'Smoke'), ['sms'])
    t.same(waysOf(house, 'Fire'), ['phone'], 'once')
  })
  t.test('what every way refused is given up, though it went together with what has one left', async (t) => {
    const house = houseOfAnna()
    house.channel = 'refusing'
    house.others['sms'] = 'down'
    tell(house, 'Smoke', { severity: 'critical', contacts: ANNA })
    await house.clock.advance(minutes(10))
    house.channel = 'down'
    house.others['sms'] = 'refusing'
    tell(house, 'Fire', { severity: 'critical', contacts: ANNA })
    await house.clock.advance(minutes(10))
    t.match(Object.values(house.world.deliveries), [
      { title: 'Smoke', status: 'gave-up', refusedBy: ['phone', 'sms'] },
      { title: 'Fire', status: 'due', refusedBy: ['sms'] },
    ])
  })
})

t.test('each way has its turn before one has its second', async (t) => {
  const ways = (['a', 'b', 'c'] as const).map((channel) => ({
    channel,
    over: 'house' as const,
    perHour: null,
  }))
  const rows: [what: string, tried: string[], resting: string[], wanted: string, works?: string][] = [
    ['the best at first', [], [], 'a'],
    ['what was never tried, though the best rests no more', ['a', 'b'], [], 'c'],
    ['in the order of the contact', ['b'], [], 'a'],
    ['of all that were tried, what was longest ago', ['b', 'c', 'a'], [], 'b'],
    ['one again, while all others rest', ['a', 'b'], ['c'], 'a'],
    ['a way that the contact has no more is none', ['gone', 'a'], [], 'b'],
    ['one that has worked since, or failed long ago', ['a', 'b'], [], 'a', 'a'],
  ]
  for (const [what, tried, resting, wanted, works] of rows) {
    const openAt = ({ channel }: { readonly channel: string }) =>
      resting.includes(channel) ? monoMs(200) : null
    const isFailing = (channel: string) => channel !== works
    const look = { now: { mono: monoMs(100) }, isOffline: false, openAt, isFailing }
    t.match(pickWay(ways, { createdMono: monoMs(50), tried }, look), { channel: wanted }, what)
  }

  const houseThatHangs = (): SmallHouse => {
    const clock = fakeClock()
    const contacts = [{ name: 'anna', channels: ['phone', 'mail', 'sms'], minSeverity: 'info' as const }]
    return smallHouse({
      clock,
      params: paramsOf({ channels: [NET, { ...NET, name: 'mail' }, SMS], contacts }),
      phone: hanging('phone', clock),
      channels: [hanging('mail', clock), 'sms'],
    })
  }
  await t.test('so two that hang do not take turns while the third would get through', async (t) => {
    const house = houseThatHangs()
    tell(house, 'Fire', { severity: 'critical', contacts: ANNA })
    for (let second = 0; second < 21; second++) await house.clock.advance(seconds(1))
    t.same(waysOf(house, 'Fire'), ['sms'], 'after ten seconds of each')
  })
  await t.test('and what came meanwhile goes along, in one message', async (t) => {
    const house = houseThatHangs()
    for (let second = 0; second < 40; second++) {
      if (second % 4 === 0 && second < 20)
        tell(house, `Fire ${second}`, { severity: 'critical', contacts: ANNA })
      await house.clock.advance(seconds(1))
    }
    const bySms = house.calls.filter(({ channel }) => channel === 'sms')
    t.same(
      bySms.map(({ titles }) => titles),
      [['Fire 0', 'Fire 4', 'Fire 8', 'Fire 12', 'Fire 16']],
    )
  })
})

t.test(
  'the end of something else does not go along by the message while a way that is free may take it',
  async (t) => {
    const clock = fakeClock()
    const contacts = [{ name: 'anna', channels: ['phone', 'sms'], minSeverity: 'info' as const }]
    const phone = hanging('phone', clock, { times: 1 })
    const params = paramsOf({ channels: [NET, SMS], contacts })
    const house = smallHouse({ clock, params, phone, channels: ['sms'] })
    tell(house, 'Fire', { severity: 'critical', contacts: ANNA })
    await clock.advance(seconds(5))
    const { mono, wall } = clock.now()
    const over = owedDelivery(
      {
        contact: 'anna',
        alertKey: 'disk',
        alertId: 'disk',
        event: 'resolved',
        title: 'Resolved',
        text: '',
        severity: 'warning',
        by: 'an entry',
      },
      { mono, wall },
    )
    house.world.deliveries[over.id] = over
    for (let second = 0; second < 60; second++) await clock.advance(seconds(1))
    t.same(waysOf(house, 'Fire'), ['sms'])
    t.same(waysOf(house, 'Resolved'), [], 'it went by the phone')
    t.equal(phone.taken, 1)
  },
)

t.test('nothing is paid for because of what is over', async (t) => {
  await t.test('a way that failed before a quiet night is as good as any in the morning', async (t) => {
    const clock = fakeClock(fromRfc3339('2026-11-24T22:29:55Z'))
    const quiet = [{ from: '22:30', to: '07:00', timeZone: 'UTC' }]
    const contacts = [{ name: 'anna', channels: ['phone', 'sms'], minSeverity: 'info' as const, quiet }]
    const phone = hanging('phone', clock, { times: 1 })
    const params = paramsOf({ channels: [NET, SMS], contacts, alerting: { groupMs: 0 } })
    const house = smallHouse({ clock, params, phone, channels: ['sms'] })
    tell(house, 'Disk', { severity: 'info', contacts: ANNA })
    await clock.advance(hours(9))
    t.same([phone.tried, phone.taken], [2, 1])
    t.same(waysOf(house, 'Disk'), [])
  })
  await t.test('our own restart is no turn of the way that it cut off', async (t) => {
    const clock = fakeClock()
    const contacts = [{ name: 'anna', channels: ['phone', 'sms'], minSeverity: 'info' as const }]
    const params = paramsOf({ channels: [NET, SMS], contacts })
    const open = (world: World, phone: Channel): SmallHouse =>
      smallHouse({ clock, world, params, phone, channels: ['sms'] })
    const before = open({ ...emptyWorld('home', null), epoch: 1 }, hanging('phone', clock))
    tell(before, 'Fire', { severity: 'critical', contacts: ANNA })
    await clock.advance(seconds(1))
    before.mind.stop()
    const phone = hanging('phone', clock, { times: 0 })
    const house = open(structuredClone(before.world), phone)
    house.resume()
    await clock.advance(seconds(1))
    t.same([phone.tried, phone.taken], [1, 1])
    t.same(waysOf(house, 'Fire'), [])
  })
})

/** Takes ten seconds to fail, which is longer than a channel rests after its first failure; so many times, and then it works. */
const hanging = (name: string, clock: FakeClock, { times = Infinity } = {}) => {
  const channel = {
    name,
    tried: 0,
    taken: 0,
    async send() {
      if (++channel.tried > times) {
        channel.taken++
        return { answer: 'HTTP 200', exchange: '' }
      }
      await sleep(clock, milliseconds(10_000))
      throw new InfraError('delivery-failed', `${name}: no answer`, { context: { retryable: true } })
    },
  }
  return channel
}
