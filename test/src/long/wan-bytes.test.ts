// What watching two uplinks costs in simulated time, and that the cheap way is in time, with everything that a router’s agent asks of its own accord.
import t from 'tap'
import { days, hours, milliseconds } from '@infra-home/shared/clock.ts'
import { toyUplinks } from '../helpers/toy-uplinks.ts'

type Toy = ReturnType<typeof toyUplinks>
const DAY = days(1)
/** Of a quiet day, as the first test has it. */
const QUIET = { mifi: 2_000_000, dsl: 200_000 }
const NOBODY = { receivedBytes: 0, namesAsked: 0, namesAnswered: 0, opened: 0 }

/** Users of `mifi` send fifty packets a second, and get as many as `received` says; at each they do what `users` says. */
const keepSending = ({ clock, watches }: Toy, received: (ms: number) => number, users = NOBODY): void => {
  const { mono } = clock.now()
  clock.after(milliseconds(100), () => keepSending({ clock, watches } as Toy, received, users))
  const passed = { ...users, sent: 5, received: received(mono), heardAt: mono, sentSince: 0 }
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

t.test('two hours of users who always complain, and for nothing', async (t) => {
  const toy = toyUplinks()
  keepSending(toy, () => 5, { ...NOBODY, namesAsked: 1, opened: 1, receivedBytes: 100 })
  await toy.clock.runTo(hours(2))
  const { mifi = 0 } = toy.bytes
  t.ok(mifi > QUIET.mifi / 12 + 50_000, `in use: ${mifi} bytes: they are heard`)
  t.ok(mifi <= QUIET.mifi / 12 + 150_000, `in use: ${mifi} bytes`)
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

t.test('who is asked only when a line is given up tells of his answer', async (t) => {
  const toy = toyUplinks()
  const { clock, dead, watches, told } = toy
  keepSending(toy, () => (dead.has('mifi') ? 0 : 5))
  /** Until `mifi` is given up. @returns when that was */
  const die = async (at: number): Promise<number> => {
    await clock.runTo(at)
    dead.add('mifi')
    while (watches.get('mifi')?.path().state !== 'down') await clock.runTo((at += 10))
    return at
  }
  await die(40_000)
  dead.delete('mifi')
  const again = await die(70_000) // within a minute of the first doubt, the other one is not asked for a mere doubt
  await clock.runTo(again + 100)
  t.ok((told['dsl'] ?? 0) > again, `told as proven ${again - (told['dsl'] ?? 0)} ms before`)
})

t.test('a day with two dead uplinks', async (t) => {
  const { clock, bytes, dead, watches } = toyUplinks()
  const state = (id: string) => watches.get(id)?.path().state
  await clock.runTo(milliseconds(60_000))
  for (const id of watches.keys()) dead.add(id)
  await clock.runTo(DAY)
  const { mifi = 0, dsl = 0 } = bytes
  t.ok(mifi <= 1_500_000, `in use: ${mifi} bytes`)
  t.ok(dsl <= QUIET.dsl, `waiting: ${dsl} bytes, no more than while it lived`)
  t.same([state('mifi'), state('dsl')], ['down', 'down'])
  dead.clear()
  await clock.runTo(DAY + 8000)
  t.equal(state('mifi'), 'up', 'the one in use is back within its pace')
  await clock.runTo(DAY + 61_000)
  t.equal(state('dsl'), 'up', 'the other one within a minute')
})

for (const [what, cause, within] of [
  ['dns', 'dns', 65_000],
  ['portal', 'portal', 330_000],
  ['tcp', 'tcp', 330_000],
  ['full-size', 'mtu', 330_000],
] as const)
  t.test(`what nobody uses and lacks ${what} is named as ${cause} in its time`, async (t) => {
    const { clock, lacking, watches } = toyUplinks()
    const named = () => watches.get('mifi')?.path().cause
    for (let phase = 0; phase < 10; phase++) {
      const from = hours(1) * (phase + 1) + phase * 37_000
      await clock.runTo(from)
      t.equal(named(), null, 'nothing is lacking before')
      lacking['mifi'] = what
      while (named() !== cause && clock.now().mono < from + within) await clock.runTo(clock.now().mono + 500)
      t.equal(named(), cause, `${cause} after ${clock.now().mono - from} ms`)
      lacking['mifi'] = undefined
    }
  })

for (const [what, id] of [
  ['full-size', 'mifi'],
  ['full-size', 'dsl'],
  ['portal', 'mifi'],
  ['portal', 'dsl'],
] as const)
  t.test(`a day of ${id}, which lacks ${what}, costs little more than a quiet one`, async (t) => {
    const { clock, bytes, lacking, watches } = toyUplinks()
    const cause = () => watches.get(id)?.path().cause
    await clock.runTo(hours(1))
    lacking[id] = what
    while (cause() === null) await clock.runTo(clock.now().mono + 60_000)
    const [from, before] = [clock.now().mono, bytes[id] ?? 0]
    await clock.runTo(from + DAY)
    const spent = (bytes[id] ?? 0) - before
    t.ok(spent <= QUIET[id] + 400_000, `${spent} bytes, as ${cause()}`)
    lacking[id] = undefined
    await clock.runTo(from + DAY + (id === 'mifi' ? 330_000 : hours(1)))
    t.equal(cause(), null, 'and is well again in its time')
  })

t.test('one that waits and came back unnoticed is found when the one in use dies', async (t) => {
  const toy = toyUplinks()
  const { clock, dead, watches } = toy
  const state = (id: string) => watches.get(id)?.path().state
  keepSending(toy, () => (dead.has('mifi') ? 0 : 5))
  dead.add('dsl')
  await clock.runTo(hours(3))
  let asked = toy.bytes['dsl']
  for (let at = hours(3) + 0; toy.bytes['dsl'] === asked;) await clock.runTo((at += 1000))
  asked = clock.now().mono
  t.equal(state('dsl'), 'down')
  dead.delete('dsl') // it has just been asked in vain
  dead.add('mifi')
  await clock.runTo(asked + 1500)
  t.same([state('mifi'), state('dsl')], ['down', 'up'])
})
