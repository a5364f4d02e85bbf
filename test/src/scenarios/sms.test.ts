// A whole coordinator and a whole agent whose modem can send short messages, in simulated time: the internet goes, and people are told by
// telephone; whoever dies at whatever moment, nothing is lost, and nothing comes twice without saying so.
import t from 'tap'
import { seeded } from '../conformance/store-day.ts'
import { openSmsHouse, type SmsHouse } from './home/sms-house.ts'

const PATH = {
  verdicts: { link: 'works', gateway: 'works', dns: 'fails', tcp: 'fails', http: 'fails' },
  provenMono: null,
  interface: 'wan1',
  address: null,
  gateway: null,
  silence: null,
}
const UPLINKS = ['mifi', 'dsl'] as const

const started = async (seed: number, broker: 'embedded' | 'external' = 'embedded'): Promise<SmsHouse> => {
  const house = await openSmsHouse(seed, broker)
  house.seat.start()
  await house.run(2)
  house.agent.start()
  await house.run(30)
  house.hear((router) => router.birth())
  await house.run(1)
  return house
}

const internet = (house: SmsHouse, on: boolean): void => {
  const says = on ? { state: 'up', cause: null } : { state: 'down', cause: 'carrier' }
  house.seat.channel = on ? 'up' : 'down'
  house.hear(...UPLINKS.map((id) => (router) => router.state('path', id, { ...PATH, ...says })))
}

t.test('the internet goes, people are told by telephone, and the rest when it is back', async (t) => {
  const house = await started(1)
  const begun = house.time.now()
  internet(house, false)
  while (house.sms().length === 0 && house.time.now() - begun < 60_000) await house.run(0.5)
  t.comment(`after ${house.time.now() - begun} ms, of which the rule waits ten seconds: ${house.sms()[0]}`)
  t.ok(house.time.now() - begun < 15_000, 'a few seconds after the rule has waited its ten')
  t.match(house.sms(), [/^home: wan-down on rpi4-1 \(wan\): no uplink leads to the internet/])
  await house.run(600)
  t.equal(new Set(house.sms()).size, house.sms().length, 'nothing twice')
  t.same(house.seat.told, [], 'nothing by the internet meanwhile')
  internet(house, true)
  await house.run(30)
  const coalesced = house.seat.told.find(({ items }) => items.length > 1)
  t.ok(coalesced && coalesced.items.every(({ late }) => late), 'who has no telephone is told late, at once')
  t.match(Object.values(house.seat.coordinator()?.world.deliveries ?? {}), [{ status: 'sent' }])
  const journal = await house.journal()
  const word = journal.find((entry) => entry.kind === 'message' && entry.body.said.kind === 'res')
  const told = journal.find(({ id }) => id === word?.cause)
  t.match(told, { kind: 'decision', body: { policy: 'deliveries', channel: 'sms' } }, 'a word has its question')
  t.match(
    journal.find(({ id }) => id === told?.cause),
    { kind: 'decision', body: { policy: 'alerts', code: 'wan-down', reason: 'fired' } },
    'and that its alert',
  )
})
