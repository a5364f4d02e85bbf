// A home of six real agents and a real coordinator in simulated time: twenty times two hours of whatever chance brings. Nothing
// here waits, and the same seed gives the same journal.
import t from 'tap'
import { apart } from '../scenarios/home/apart.ts'
import { keepsItsPromises } from '../scenarios/home/keeps-its-promises.ts'

const SEEDS = 20

const lives = apart()
t.teardown(() => lives.stop())

t.test('two hours of whatever happens', async (t) => {
  let last = ''
  for (let seed = 1; seed <= SEEDS; seed++)
    t.test(`keep every promise, seed ${seed}`, async (t) => {
      const { broken, done, journal } = await lives.twoHours(seed)
      last = journal
      keepsItsPromises(t, broken)
      if (!t.passing()) t.comment([`seed ${seed}`, ...done].join('\n'))
    })
  t.test('are the same to the last byte when they are lived again', async (t) => {
    const again = await lives.twoHours(SEEDS)
    t.equal(again.journal, last)
  })
})
