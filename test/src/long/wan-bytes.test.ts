// What watching two uplinks costs in simulated time, and that the cheap way is in time, with everything that a router’s agent asks of its own accord.
import t from 'tap'
import { days, hours, milliseconds } from '@infra-home/shared/clock.ts'
import { toyUplinks } from '../helpers/toy-uplinks.ts'

type Toy = ReturnType<typeof toyUplinks>
const DAY = days(1)
/** Of a quiet day, as the first test has it. */
const QUIET = { mifi: 2_000_000, dsl: 200_000 }
const NOBODY = { receivedBytes: 0, namesAsked: 0, namesAnswered: 0, opened: 0 }

/** Users of `mifi` send fifty packets a second, and get as many as `received` says. */
const keepSending = ({ clock, watches }: Toy, received: (ms: number) => number): void => {
  const { mono } = clock.now()
  clock.after(milliseconds(100), () => keepSending({ clock, watches } as Toy, received))
  const passed = { ...NOBODY, sent: 5, received: received(mono), heardAt: mono, sentSince: 0 }
  watches.get('mifi')?.traffic(passed)
}

t.test('a day on which nothing happens', async (t) => {
  const { clock, bytes } = toyUplinks()
  await clock.runTo(DAY)
  const { mifi = 0, dsl = 0 } = bytes
  t.ok(mifi > 1_000_000 && mifi <= QUIET.mifi, `in use: ${mifi} bytes`)
  t.ok(dsl > 100_000 && dsl <= QUIET.dsl, `waiting: ${dsl} bytes`)
})

t.test('two hours of users who only send', async (t) => {
  const toy = toyUplinks()
  keepSending(toy, () => 0)
  await toy.clock.runTo(hours(2))
  const { mifi = 0, dsl = 0 } = toy.bytes
  t.ok(mifi <= QUIET.mifi / 12 + 600_000, `in use: ${mifi} bytes`)
  t.ok(dsl <= QUIET.dsl / 11, `waiting: ${dsl} bytes, no more than without them`)
})

t.test('two hours with a second without a line every twenty', async (t) => {
  const toy = toyUplinks()
  keepSending(toy, () => (toy.dead.has('mifi') ? 0 : 5))
  for (let at = 20_000; at < hours(2); at += 20_000) {
    await toy.clock.runTo(at)
    toy.dead.add('mifi')
    await toy.clock.runTo(at + 1000)
    toy.dead.delete('mifi')
  }
  const { dsl = 0 } = toy.bytes
  t.ok(dsl > QUIET.dsl / 12, 'the other one is asked whether it would do')
  t.ok(dsl <= QUIET.dsl / 12 + 60_000, `waiting: ${dsl} bytes`)
})

t.test('the other one has answered by the time that a line is given up', async (t) => {
  const toy = toyUplinks()
  const fault = 40_000
  keepSending(toy, () => (toy.dead.has('mifi') ? 0 : 5))
  await toy.clock.runTo(fault)
  toy.dead.add('mifi')
  let ms = fault
  while (toy.watches.get('mifi')?.path().state !== 'down' && ms < fault + 5000)
    await toy.clock.runTo((ms += 10))
  const proven = toy.watches.get('dsl')?.path().provenMono ?? 0
  t.ok(ms - fault <= 1500, `given up after ${ms - fault} ms`)
  t.ok(proven > fault, `the other one answered ${ms - proven} ms before`)
})

t.test('a day with two dead uplinks', async (t) => {
  const { clock, bytes, dead, watches } = toyUplinks()
  const state = (id: string) => watches.get(id)?.path().state
  await clock.runTo(milliseconds(60_000))
  for (const id of watches.keys()) dead.add(id)
  await clock.runTo(DAY)
  const { mifi = 0, dsl = 0 } = bytes
  t.ok(mifi <= 1_500_000, `in use: ${mifi} bytes`)
  t.ok(dsl <= 350_000, `waiting: ${dsl} bytes`)
  t.same([state('mifi'), state('dsl')], ['down', 'down'])
  dead.clear()
  await clock.runTo(DAY + 8000)
  t.equal(state('mifi'), 'up', 'the one in use is back within its pace')
  await clock.runTo(DAY + 31_000)
  t.equal(state('dsl'), 'up', 'the other one within half a minute')
})
