// A home of six real agents and a real coordinator in simulated time: a whole day that is written down. Nothing here waits.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { apart } from './home/apart.ts'
import { keepsItsPromises } from './home/keeps-its-promises.ts'

const GOLDEN = join(import.meta.dirname, '../../fixtures/home/day.txt')

const lives = apart()
t.teardown(() => lives.stop())

t.test('a day of a home with all its machines', async (t) => {
  const { story, broken, cameLate, misplaced, together } = await lives.day()
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(GOLDEN)) writeFileSync(GOLDEN, story)
  t.test('is the day that is written down', async (t) => t.equal(story, readFileSync(GOLDEN, 'utf8')))
  t.test('keeps every promise', async (t) => keepsItsPromises(t, broken))
  t.test('gives what happened in an outage its own time, in order', async (t) => {
    t.ok(cameLate > 1000, 'an hour of six nodes')
    t.same(misplaced, [])
  })
  t.test('tells late what it could not tell in time, and together', async (t) =>
    t.same(
      together.filter((items) => items.some(({ late }) => late)),
      [
        [
          { event: 'fired', late: true, repeat: true },
          { event: 'resolved', late: true, repeat: false },
        ],
      ],
    ),
  )
  t.test('suspects no radio of a modem whose state is told a moment before its numbers', async (t) =>
    t.notMatch(story, /no-radio/),
  )
  t.test('takes the birth of a boot whose clock is younger than that of the one before', async (t) =>
    t.match(story, /rpi3a-ctl is born in session 2 /),
  )
  t.test('waits for a node as long as it was wished to be silent', async (t) =>
    t.notMatch(story.slice(0, story.indexOf('--- 00:05:00')), /late/),
  )
  t.test('says that the disk takes everything again, when there is nothing to write', async (t) =>
    t.match(story, /rpi4-2 collector outbox: ok true/),
  )
})
