// A home of six real agents and a real coordinator in simulated time: a whole day that is written down, and an evening of bad luck. Nothing here
// waits.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { RULES } from '@infra-home/coordinator/alerts/rules.gen.ts'
import { SITE_RULES } from '@infra-home/coordinator/alerts/site-rules.gen.ts'
import { apart } from './home/apart.ts'
import { keepsItsPromises } from './home/keeps-its-promises.ts'

const isGolden = (t: Test, story: string, name: string): void => {
  const file = join(import.meta.dirname, '../../fixtures/home', name)
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(file)) writeFileSync(file, story)
  t.equal(story, readFileSync(file, 'utf8'))
}

const [lives, others] = [apart(), apart()]
t.teardown(() => Promise.all([lives.stop(), others.stop()]))
const evening = others.evening()

t.test('a day of a home with all its machines', async (t) => {
  const { story, broken, cameLate, misplaced, together } = await lives.day()
  t.test('is the day that is written down', async (t) => isGolden(t, story, 'day.txt'))
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

t.test('an evening of bad luck', async (t) => {
  const { story, broken, alerts, told } = await evening
  t.test('is the evening that is written down', async (t) => isGolden(t, story, 'bad-luck.txt'))
  t.test('keeps every promise', async (t) => keepsItsPromises(t, broken))
  const codes = [...RULES, ...SITE_RULES].map(({ code }) => code)
  t.test('has every default alert fire of itself, and be over when all is well', async (t) => {
    for (const code of codes) {
      const { fired = 0, resolved = 0 } = alerts[code] ?? {}
      t.ok(fired > 0 && resolved > 0, `${code}: fired ${fired} times, resolved ${resolved} times`)
    }
  })
  t.test('tells people of each that it began, and that it is over', async (t) => {
    for (const event of ['fired', 'resolved'])
      t.same(
        codes.filter((code) => !told.includes(`${event} ${code}`)),
        [],
        event,
      )
  })
})
