// The detector of dead paths over simulated lines: how soon it is sure, and what it is never fooled by.
import t from 'tap'
import { randomFrom } from '../conformance/mangle.ts'
import { type ToyPath, type Traffic, watchToyPath } from '../helpers/toy-path.ts'

const seed = Number(process.env['SEED'] ?? 20261124)
t.comment(`SEED=${seed}`)
const random = randomFrom(seed)

const MIXES: readonly Traffic[] = ['both-ways', 'idle', 'one-way-upload', 'tcp-upload', 'full-queue', 'chat']
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Infinity

/** How long after the fault the path is given up, in each of `runs`; Infinity for never. */
const timesToDeath = (path: ToyPath, way: 'both' | 'up', runs: number): number[] =>
  Array.from({ length: runs }, () => {
    const from = 20_000 + random(10_000)
    const { changes } = watchToyPath(
      { ...path, outages: [{ from, to: Infinity, way }] },
      random,
      from + 20_000,
    )
    const found = changes.find(({ at, beyond }) => at >= from && beyond === 'fails')
    return found ? found.at - from : Infinity
  })

t.test('a dead path is known in time', async (t) => {
  const rows: [traffic: Traffic, roundTrips: number[], way: 'both' | 'up', median: number, worst: number][] =
    [
      ['both-ways', [0, 20, 60], 'both', 1500, 2000],
      ['tcp-upload', [0, 20, 60], 'both', 1500, 2000],
      ['both-ways', [120, 200], 'both', 1900, 2000],
      ['one-way-upload', [0, 20, 60], 'both', 3500, 3500],
      ['full-queue', [0, 20, 60], 'both', 3500, 3500],
      ['chat', [0, 60, 200], 'both', 10_000, 10_000],
      ['idle', [0, 60, 200], 'both', 10_000, 10_000],
      ['both-ways', [0, 60, 200], 'up', 10_000, 10_000],
    ]
  for (const [traffic, roundTrips, way, most, worst] of rows)
    for (const roundTripMs of roundTrips) {
      const times = timesToDeath({ roundTripMs, traffic }, way, 20)
      const [middle, longest] = [median(times), Math.max(...times)]
      t.ok(middle <= most, `${traffic}, ${roundTripMs} ms, ${way}: median ${middle} ms`)
      t.ok(longest <= worst, `${traffic}, ${roundTripMs} ms, ${way}: worst ${longest} ms`)
    }
})

t.test('a program that stood still over its question asks again at once', async (t) => {
  const fault = 21_500 // just after an idle question, so that the next one comes as late as can be
  const outages = [{ from: fault, to: Infinity }]
  const times = Array.from({ length: 60 }, (_, i) => {
    const from = fault + 150 * i
    const path: ToyPath = { roundTripMs: 60, traffic: 'idle', outages, standstill: { from, to: from + 500 } }
    const { changes } = watchToyPath(path, random, fault + 20_000)
    return (changes.find(({ beyond }) => beyond === 'fails')?.at ?? Infinity) - fault
  })
  t.ok(Math.max(...times) <= 10_000, `worst ${Math.max(...times)} ms`)
})

/** How often a path that lives is given up. */
const deaths = (path: ToyPath, untilMs: number): number =>
  watchToyPath(path, random, untilMs).changes.filter(({ beyond }) => beyond === 'fails').length

t.test('a path that stutters, loses or is not looked at is not given up', async (t) => {
  for (const traffic of MIXES)
    for (const roundTripMs of [0, 60, 200]) {
      let wrong = 0
      for (let run = 0; run < 6; run++) {
        const outages = Array.from({ length: 15 }, (_, i) => 20_000 * (i + 1) + random(5000)).map((from) => ({
          from,
          to: from + 1000,
        }))
        wrong += deaths({ roundTripMs, traffic, outages }, 330_000)
      }
      t.equal(wrong, 0, `${traffic}, ${roundTripMs} ms: a second without a line, every twenty`)
      t.equal(
        deaths({ roundTripMs, traffic, loss: 0.134 }, 300_000),
        0,
        `${traffic}, ${roundTripMs} ms: a quarter is lost`,
      )
      const from = 20_000 + random(5000)
      t.equal(
        deaths({ roundTripMs, traffic, standstill: { from, to: from + 3000 } }, 60_000),
        0,
        `${traffic}, ${roundTripMs} ms: the program stands still for 3 s`,
      )
    }
})

t.test('a path that is back is known at its first answer', async (t) => {
  for (const traffic of MIXES) {
    const { changes } = watchToyPath(
      { roundTripMs: 60, traffic, outages: [{ from: 20_000, to: 60_000 }] },
      random,
      90_000,
    )
    t.match(
      changes.map(({ beyond }) => beyond),
      ['works', 'fails', 'works'],
      traffic,
    )
    const back = (changes.at(-1)?.at ?? Infinity) - 60_000
    t.ok(back < 2000, `${traffic}: after ${back} ms`)
  }
})
