// Rules that people write: what fires and clears them, what is refused and where, and that replaying goes by the rules of then.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { increase, slope } from '@infra-home/coordinator/alerts/change.ts'
import { rulesIn } from '@infra-home/coordinator/alerts/read-rules.ts'
import { alertKey } from '@infra-home/coordinator/alerts/rule.ts'
import type { RuleData } from '@infra-home/coordinator/alerts/rule-data.ts'
import { createRuleBook } from '@infra-home/coordinator/alerts/rule-book.ts'
import { replay } from '@infra-home/coordinator/audit/replay.ts'
import { addPoint, type Point, type Track } from '@infra-home/coordinator/world/track.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { hours, milliseconds, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { formatProblem } from '@infra-home/shared/problem.ts'
import { randomFrom } from '../conformance/mangle.ts'
import { LINK, MODEM, type Voice, voice } from '../helpers/said.ts'
import { type RuleHouse, ruleHouse } from '../../bench/rule-house.ts'
import { PARAMS, type SmallHouse, smallHouse } from '../helpers/small-house.ts'

const rule = (own: Partial<RuleData>): RuleData => ({
  code: 'mine',
  severity: 'warning',
  advice: 'look at it',
  ...own,
})
const setRules = ({ mind }: SmallHouse, rules: readonly RuleData[]): void => {
  mind.take({ kind: 'request', body: { request: 'set-rules', rules, by: 'me' } })
  mind.wake()
}

type Home = { readonly house: SmallHouse; readonly by: Voice }
const homeWith = (...rules: readonly RuleData[]): Home => {
  const house = smallHouse()
  const by = voice('rpi4-1', house.clock)
  house.hear(by.birth([], ['modem/lte', 'link/wan1']))
  house.hear(by.state('modem', 'lte', MODEM))
  house.hear(by.state('link', 'wan1', LINK))
  setRules(house, rules)
  return { house, by }
}

const alertIn = ({ house }: Home, subject = 'rpi4-1', code = 'mine') =>
  house.world.alerts[alertKey(code, 'rpi4-1', subject)]

/** Says numbers of a thing every ten seconds for so long. */
const count = async (
  { house, by }: Home,
  forMs: number,
  numbers: (i: number) => Numbers,
  key = 'host/host',
) => {
  for (let i = 0; i * 10_000 < forMs; i++) {
    house.hear(by.tm({ [key]: numbers(i) }))
    await house.clock.advance(seconds(10))
  }
}

t.test('a level that lasts fires, and another clears', async (t) => {
  const load = { metric: 'load1', fire: 4, clear: 2, fireAfterMs: 30_000, clearAfterMs: 30_000 } as const
  const home = homeWith(rule({ ...load, text: '{node} has much to do: {value}' }))
  await count(home, 60_000, () => ({ load1: 3 }))
  t.equal(alertIn(home), undefined)
  await count(home, 20_000, () => ({ load1: 5 }))
  t.match(alertIn(home), { stage: 'pending' })
  await count(home, 20_000, () => ({ load1: 5 }))
  t.match(alertIn(home), { stage: 'firing', text: 'rpi4-1 has much to do: 5', told: ['phone'] })
  await count(home, 60_000, () => ({ load1: 3 }))
  t.match(alertIn(home), { stage: 'firing' }, 'between the two it stays')
  await count(home, 40_000, () => ({ load1: 1 }))
  t.equal(alertIn(home), undefined)
})

t.test('what is low can be bad, of each thing of a kind and of no other node', async (t) => {
  const low = { metric: 'sinrDb', fire: 0, clear: 5 } as const
  const everywhere = homeWith(rule({ ...low, of: { thing: 'modem/*' } }))
  await count(everywhere, 10_000, () => ({ sinrDb: -4 }), 'modem/lte')
  t.match(alertIn(everywhere, 'lte'), { stage: 'firing', text: 'SINR of lte on rpi4-1 is -4 dB' })
  const elsewhere = homeWith(rule({ ...low, of: { thing: 'modem/*', node: 'rpi4-2' } }))
  await count(elsewhere, 10_000, () => ({ sinrDb: -4 }), 'modem/lte')
  t.equal(alertIn(elsewhere, 'lte'), undefined)
})

t.test('a field of a state fires on the values that are bad', async (t) => {
  const home = homeWith(rule({ field: 'rat', of: { thing: 'modem/lte' }, fireOn: ['gsm', 'umts'] }))
  home.house.hear(home.by.state('modem', 'lte', { ...MODEM, rat: 'umts' }))
  t.match(alertIn(home, 'lte'), { stage: 'firing', text: 'rat of lte on rpi4-1 is umts' })
  home.house.hear(home.by.state('modem', 'lte', MODEM))
  t.equal(alertIn(home, 'lte'), undefined)
})

t.test('nothing known is no knowledge, unless it is to fire', async (t) => {
  const heat = { metric: 'temperatureC', fire: 80, clear: 70, absentAfterMs: 60_000 } as const
  const ignores = homeWith(rule({ ...heat, clearAfterMs: 30_000 }))
  await count(ignores, 20_000, () => ({ temperatureC: 85 }))
  await count(ignores, 10_000, () => ({ temperatureC: 60 }))
  t.match(alertIn(ignores), { stage: 'recovering' })
  await count(ignores, 300_000, () => ({ temperatureC: null }))
  t.match(alertIn(ignores), { stage: 'recovering' }, 'what is not known is not over')

  const fires = homeWith(rule({ ...heat, absent: 'fires' }))
  await count(fires, 20_000, () => ({ temperatureC: 60 }))
  await count(fires, 50_000, () => ({ temperatureC: null }))
  t.match(alertIn(fires), { stage: 'pending', cause: 'absent' })
  await count(fires, 20_000, () => ({ temperatureC: null }))
  t.match(alertIn(fires), { stage: 'firing', text: 'temperature of rpi4-1 on rpi4-1 is not known' })
  await count(fires, 10_000, () => ({ temperatureC: 60 }))
  t.equal(alertIn(fires), undefined)
  await count(fires, 70_000, () => ({}), 'link/wan1')
  t.match(alertIn(fires), { stage: 'firing' }, 'nor is what nobody has said for so long')

  const missing = homeWith(
    rule({
      field: 'carrier',
      of: { thing: 'link/wan2' },
      fireOn: [false],
      absent: 'fires',
      absentAfterMs: 60_000,
    }),
  )
  await count(missing, 80_000, () => ({ load1: 1 }))
  t.match(alertIn(missing, 'wan2'), { stage: 'firing' }, 'nor what is not there at all')
})

t.test('a counter is judged by how much it went up, a value by its slope', async (t) => {
  const errors = { metric: 'rxErrors', of: { thing: 'link/*' }, rate: { perMs: 600_000 } } as const
  const counts = homeWith(rule({ ...errors, fire: 100, clear: 20 }))
  await count(counts, 600_000, (i) => ({ rxErrors: 5000 + i }), 'link/wan1')
  t.equal(alertIn(counts, 'wan1'), undefined, '60 in 10 min, however many there were before')
  await count(counts, 300_000, (i) => ({ rxErrors: 5060 + 5 * i }), 'link/wan1')
  t.match(alertIn(counts, 'wan1'), {
    stage: 'firing',
    text: /receive errors of wan1 on rpi4-1 is 1\d\d in 10 min/,
  })
  await count(counts, 700_000, () => ({ rxErrors: 3 }), 'link/wan1')
  t.equal(alertIn(counts, 'wan1'), undefined, 'it began anew, and stands still')

  const quiet = homeWith(rule({ ...errors, metric: 'rxBytes', fire: 10, clear: 1000 }))
  await count(quiet, 300_000, () => ({ rxBytes: 7 }), 'link/wan1')
  t.equal(alertIn(quiet, 'wan1'), undefined, 'too little can be said of a window that is half full')
  await count(quiet, 320_000, () => ({ rxBytes: 7 }), 'link/wan1')
  t.match(alertIn(quiet, 'wan1'), { stage: 'firing' })

  const warms = homeWith(rule({ metric: 'temperatureC', rate: { perMs: 600_000 }, fire: 10, clear: 2 }))
  await count(warms, 600_000, (i) => ({ temperatureC: 40 + (i % 2) * 8 }))
  t.equal(alertIn(warms), undefined, 'what goes up and down does not go up')
  await count(warms, 600_000, (i) => ({ temperatureC: 40 + i / 4 + (i % 2) * 8 }))
  t.match(alertIn(warms), { stage: 'firing' })
})

t.test('a forecast goes on as it went, to a limit', async (t) => {
  const home = homeWith(
    rule({
      metric: 'diskAvailableBytes',
      forecast: { fromMs: hours(1), inMs: hours(24) },
      fire: 0,
      clear: 1e9,
    }),
  )
  await count(home, hours(1), (i) => ({ diskAvailableBytes: 20e9 - i * 1e6 }))
  t.equal(alertIn(home), undefined, '360 MB an hour leave enough for a day')
  await count(home, hours(1), (i) => ({ diskAvailableBytes: 19e9 - i * 3e6 }))
  t.match(alertIn(home), {
    stage: 'firing',
    text: /disk available of rpi4-1 on rpi4-1 is -.* B in 24 h at this rate/,
  })
})

t.test('what explains a rule keeps it quiet, and so does a node that is gone', async (t) => {
  const home = homeWith(
    rule({ code: 'cause', metric: 'load1', fire: 4, clear: 2 }),
    rule({ metric: 'rxErrors', of: { thing: 'link/wan1' }, fire: 10, clear: 5, dependsOn: ['cause'] }),
  )
  await count(home, 10_000, () => ({ load1: 9 }))
  await count(home, 10_000, () => ({ rxErrors: 50 }), 'link/wan1')
  t.match(alertIn(home, 'wan1'), { stage: 'firing', told: [], explainedBy: 'cause:rpi4-1:rpi4-1' })
  await count(home, 10_000, () => ({ load1: 1 }))
  t.match(alertIn(home, 'wan1'), { stage: 'firing', told: ['phone'], explainedBy: null })
})

t.test('an alert whose rule is no more is over, and people are told', async (t) => {
  const home = homeWith(rule({ metric: 'load1', fire: 4, clear: 2 }))
  await count(home, 20_000, () => ({ load1: 9 }))
  t.match(alertIn(home), { stage: 'firing' })
  setRules(home.house, [])
  await home.house.clock.advance(seconds(20))
  t.equal(alertIn(home), undefined)
  t.match(home.house.world.resolved.at(-1), { code: 'mine', cause: 'no-rule' })
  t.match(home.house.told.at(-1), { items: [{ event: 'resolved' }] })
})

t.test('replaying decides by the rules of then', async (t) => {
  const home = homeWith(rule({ metric: 'load1', fire: 4, clear: 2 }))
  const { house } = home
  await count(home, 60_000, (i) => ({ load1: i % 2 === 0 ? 9 : 1 }))
  setRules(house, [rule({ metric: 'load1', fire: 8, clear: 2, fireAfterMs: 20_000 })])
  await count(home, 60_000, () => ({ load1: 5 }))
  await count(home, 60_000, () => ({ load1: 9 }))
  setRules(house, [
    rule({
      code: 'other',
      metric: 'rxErrors',
      of: { thing: 'link/*' },
      rate: { perMs: 60_000 },
      fire: 3,
      clear: 1,
    }),
  ])
  await count(home, 120_000, (i) => ({ rxErrors: i * i }), 'link/wan1')
  t.ok(house.decisions().filter((made) => made === 'alerts fired').length > 3)
  const again = { ...emptyWorld('home', null), epoch: 1 }
  t.equal(replay(again, house.journal, PARAMS), null)
  t.same(again, house.world, 'and makes the same world')
  t.same(JSON.parse(JSON.stringify(again)), house.world, 'which a snapshot carries')
})

t.test('a rule file with a mistake is refused as a whole, with the place', async (t) => {
  const good = { code: 'a', severity: 'info', advice: 'x', metric: 'load1', fire: 4, clear: 2 }
  const rows: readonly (readonly [string, unknown, RegExp])[] = [
    ['no JSON', '{"rules": [', /^\/: "\(a text\)" – expected JSON: at line 1, column 12: /],
    ['no list', {}, /^\/rules: missing – expected an array/],
    [
      'an unknown key',
      [{ ...good, fires: 3 }],
      /^\/rules\/1\/fires: 3 – expected no such key; known here: code,/,
    ],
    ['a wrong type', [{ ...good, fire: 'hot' }], /^\/rules\/1\/fire: "hot" – expected a number/],
    [
      'no severity',
      [{ ...good, severity: 'bad' }],
      /^\/rules\/1\/severity: "bad" – expected one of info, warning,/,
    ],
    [
      'an unknown metric',
      [{ ...good, metric: 'rsrp' }],
      /^\/rules\/1\/metric: "rsrp" – expected one of rsrpDbm,/,
    ],
    [
      'a level that cannot be',
      [{ ...good, metric: 'lossRatio' }],
      /^\/rules\/1\/fire: 4 – expected from 0 to 1/,
    ],
    [
      'one level',
      [{ ...good, clear: undefined }],
      /^\/rules\/1\/clear: missing – expected a number, or fireOn/,
    ],
    [
      'the same level twice',
      [{ ...good, clear: 4 }],
      /^\/rules\/1\/clear: 4 – expected another level than fire/,
    ],
    [
      'a kind that there is not',
      [{ ...good, of: { thing: 'router/x' } }],
      /^\/rules\/1\/of\/thing: "router\/x" – expected KIND\/ID/,
    ],
    [
      'a field that there is not',
      [{ ...good, metric: undefined, field: 'heat' }],
      /^\/rules\/1\/field: "heat" – expected a metric, or a field of host: one of kernel,/,
    ],
    ['nothing to look at', [{ ...good, metric: undefined }], /^\/rules\/1\/field: missing/],
    ['both', [{ ...good, field: 'kernel' }], /^\/rules\/1\/field: "kernel" – expected none beside a metric/],
    ['levels of words', [{ ...good, fireOn: ['x'] }], /^\/rules\/1\/fire: 4 – expected none beside fireOn/],
    [
      'rate and forecast',
      [{ ...good, rate: { perMs: 60_000 }, forecast: { fromMs: 60_000, inMs: 60_000 } }],
      /^\/rules\/1\/forecast: .* – expected none beside a rate/,
    ],
    [
      'a code of ours',
      [{ ...good, code: 'node-lost' }],
      /^\/rules\/1\/code: "node-lost" – expected a code of its own/,
    ],
    ['a code twice', [{ ...good, code: 'first' }], /^\/rules\/1\/code: "first" – expected a code of its own/],
    [
      'an unknown dependence',
      [{ ...good, dependsOn: ['none'] }],
      /^\/rules\/1\/dependsOn\/0: "none" – expected another rule/,
    ],
    ['itself', [{ ...good, dependsOn: ['a'] }], /^\/rules\/1\/dependsOn\/0: "a" – expected another rule/],
    [
      'a node that is not planned',
      [{ ...good, of: { node: 'rpi4-9' } }],
      /^\/rules\/1\/of\/node: "rpi4-9" – expected a node of the topology: one of rpi4-1, rpi4-2$/,
    ],
    [
      'a word in braces that stands for nothing',
      [{ ...good, text: '{subjet} is at {value}' }],
      /^\/rules\/1\/text: "\{subjet\} is at \{value\}" – expected no braces but \{node\}, \{subject\}, \{value\}$/,
    ],
    [
      'a value that its field never has',
      [
        {
          code: 'a',
          severity: 'info',
          advice: 'x',
          of: { thing: 'modem/*' },
          field: 'registration',
          fireOn: ['denied', '2g'],
        },
      ],
      /^\/rules\/1\/fireOn\/1: "2g" – expected one of .*denied/,
    ],
  ]
  for (const [what, rules, place] of rows) {
    const file = Array.isArray(rules) ? { rules: [{ ...good, code: 'first' }, ...rules] } : rules
    const read = rulesIn(typeof file === 'string' ? file : JSON.stringify(file), ['rpi4-1', 'rpi4-2'])
    t.same(read.rules, [], what)
    t.match(read.problems.map(formatProblem)[0], place, what)
  }
  t.match(rulesIn(JSON.stringify({ $schema: 'x', rules: [good] })), { rules: [good], problems: [] })
})

t.test('no file of rules that is cut or mangled is taken by half, or throws', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
  t.comment(`SEED=${seed}`)
  const random = randomFrom(seed)
  const text = JSON.stringify({
    rules: [
      rule({ metric: 'load1', fire: 4, clear: 2 }),
      rule({ code: 'b', field: 'kernel', fireOn: ['x'] }),
    ],
  })
  for (let i = 0; i < text.length; i++) t.same(rulesIn(text.slice(0, i)).rules, [])
  for (let i = 0; i < 500; i++) {
    const at = random(text.length)
    const mangled = text.slice(0, at) + String.fromCodePoint(32 + random(95)) + text.slice(at + 1)
    const { rules, problems } = rulesIn(mangled)
    if (problems.length === 0 && rules.length !== 2) t.fail(mangled)
  }
})

t.test('a book of rules keeps the old ones while the new are wrong', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-rules-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'rules.json')
  const write = (...rules: readonly object[]): void => writeFileSync(file, JSON.stringify({ rules }))
  const house = smallHouse()
  const logged: string[] = []
  const book = createRuleBook({
    file,
    log: (level, sentence) => void logged.push(`${level}: ${sentence}`),
    coordinator: {
      world: house.world,
      wake: house.mind.wake,
      ask: async (request) => house.mind.take({ kind: 'request', body: request }),
      note: (body) => house.mind.take({ kind: 'system', body }),
    },
  })
  const load = rule({ metric: 'load1', fire: 4, clear: 2 })
  write(load)
  t.match(await book.reload('me'), { isChanged: true, problems: [] })
  t.match(await book.reload('me'), { isChanged: false })
  t.equal(
    house.journal.filter(({ body }) => 'request' in body).length,
    1,
    'what is the same is not said again',
  )

  write(load, { ...load, code: 'mine-too', fire: 'hot' })
  t.match(await book.reload('me'), { problems: [{ path: '/rules/1/fire', value: 'hot' }], isChanged: false })
  t.match(book.fault(), /rules.json is refused, the rules of before stay: \/rules\/1\/fire: "hot"/)
  t.match(house.world.ownRules, { rules: [load] })
  t.match(house.world.alerts['rules-refused:coordinator:coordinator'], { stage: 'firing', cause: 'rules' })
  t.match(logged.at(-1), /^error: the rules are refused/)
  rmSync(file)
  t.match(await book.reload('me'), { problems: [{ expected: /a file that can be read/ }] })

  write()
  t.match(await book.reload('me'), { isChanged: true })
  t.equal(book.fault(), null)
  t.equal(house.world.alerts['rules-refused:coordinator:coordinator'], undefined)
  t.match(house.world.ownRules, { rules: [] })
})

t.test('a track keeps a window in few points', async (t) => {
  const track: Track = []
  const window = minutes(10)
  for (let s = 0; s <= 7200; s++) addPoint(track, [monoMs(s * 1000), s], window)
  t.ok(track.length <= 36, `${track.length} points`)
  t.match(track.at(-1), [7_200_000, 7200], 'the newest is there')
  t.ok((track[0]?.[0] ?? 0) <= 7_200_000 - window, 'and how the window began')
  t.equal(Math.round((slope(track, window) ?? 0) * 1e6) / 1e6, 0.001)
  const grown = increase(track, window, monoMs(7_200_000))
  t.match(grown, { isPartial: false })
  t.ok(Math.abs((grown?.value ?? 0) - 600) <= 20, `${grown?.value}`)
})

t.test('how much a counter went up', async (t) => {
  const track = (...points: readonly (readonly [number, number])[]): Point[] =>
    points.map(([at, value]) => [monoMs(at), value])
  const rows: readonly (readonly [Point[], number, number | null, boolean, number | null])[] = [
    [track(), 1000, null, false, null],
    [track([0, 5]), 1000, 0, false, null],
    [track([900, 5]), 1000, 0, true, 1900],
    [track([0, 5], [500, 9]), 1000, 4, false, 1500],
    [track([0, 5], [500, 9]), 1499, 4, false, 1500],
    [track([0, 5], [500, 9]), 1500, 0, false, null],
    [track([0, 5], [500, 2], [600, 4]), 1000, 4, false, 1500],
  ]
  for (const [points, now, value, isPartial, nextAt] of rows) {
    const grown = increase(points, milliseconds(1000), monoMs(now))
    t.same(grown, value === null ? null : { value, isPartial, nextAt }, JSON.stringify(points))
  }
  t.equal(slope(track([0, 1], [400, 2]), milliseconds(1000)), null, 'too little is no slope')
  t.equal(slope(track([0, 1], [1000, 3]), milliseconds(1000)), 0.002)
})

t.test('a tick judges what has changed and nothing else, however much there is', async (t) => {
  let looks = 0
  const [few, many] = [20, 1000].map((nodes) => ruleHouse(nodes, 200, () => looks++))
  /** The least of a few ticks: now and then a node is looked at besides, whose alert has come of age. */
  const perTick = (house: RuleHouse | undefined, changed: number): number => {
    const ticks = Array.from({ length: 3 }, () => {
      looks = 0
      house?.tick(changed)
      return looks
    })
    return Math.min(...ticks)
  }
  const one = PARAMS.rules.length
  t.equal(perTick(few, 1), one, 'every rule looks once at what has changed')
  for (const changed of [1, 10]) t.equal(perTick(many, changed), changed * one, `${changed} of a thousand`)
})

t.test('the schema of the file is the one that is checked', async (t) => {
  const schema = readFileSync(join(import.meta.dirname, '../../../coordinator/rules.schema.json'), 'utf8')
  t.match(JSON.parse(schema), { title: 'Infra Home rules', required: ['rules'], additionalProperties: false })
})
