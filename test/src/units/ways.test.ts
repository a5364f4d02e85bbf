// By which of their ways people are told, whatever becomes of the others: no message waits for another one's way.
import t from 'tap'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { hours, minutes, seconds } from '@infra-home/shared/clock.ts'
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
