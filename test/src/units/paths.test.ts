// What a router's agent makes of one uplink: what a living path lacks, whose hands it is in, and what the kernel shows of it. All of it pure, or over a
// fake clock.
import t from 'tap'
import { parseIpAddr } from '@infra-home/agent/parse/ip-addr.ts'
import { parseHttpAnswer } from '@infra-home/agent/parse/http-answer.ts'
import { judgePage, pageProbe } from '@infra-home/agent/probes/page.ts'
import { openRouterHands } from '@infra-home/agent/wan/router-hands.ts'
import { handsAt, isOfTerm, leased, OWN_HANDS } from '@infra-home/agent/wan/lease.ts'
import { seeDevice, watchDevices } from '@infra-home/agent/wan/device-balance.ts'
import { watchGateway } from '@infra-home/agent/wan/gateway-watch.ts'
import { openLinkBouncer } from '@infra-home/agent/wan/link-bouncer.ts'
import { repairToolsFor } from '@infra-home/agent/wan/repair-tools.ts'
import { noRepairs, startRepairer } from '@infra-home/agent/wan/repairer.ts'
import { UNKNOWN_MODEM } from '@infra-home/agent/modems/modem.ts'
import { resolverText } from '@infra-home/agent/wan/resolver-file.ts'
import { subnetOf } from '@infra-home/agent/wan/subnet-of.ts'
import {
  type Carried,
  totalOf,
  type UplinkUsage,
  type Usage,
  withCarried,
} from '@infra-home/agent/wan/usage.ts'
import { keepMonthCounts } from '@infra-home/agent/wan/month-counts.ts'
import { keepUsage } from '@infra-home/agent/wan/usage-keeper.ts'
import { factsOf } from '@infra-home/agent/wan/uplink-facts.ts'
import type { Reading } from '@infra-home/agent/collectors/collector.ts'
import type { Route } from '@infra-home/shared/messages/routes.ts'
import type { WanWish, WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { watchUplink } from '@infra-home/agent/wan/uplink-watch.ts'
import type { UplinkNetwork } from '@infra-home/agent/router/plan.ts'
import { formerUplinks, numbered } from '@infra-home/agent/wan/uplink-numbers.ts'
import { fromRfc3339, milliseconds, monoMs, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { heardUsers, NO_COMPLAINTS, type UserTraffic } from '@infra-home/shared/wan/complaints.ts'
import {
  type Asked,
  layerOf,
  type Layers,
  lossOf,
  noteAsked,
  provenLossOf,
} from '@infra-home/shared/wan/layers.ts'
import {
  answeredTrial,
  type Finding,
  nextTrial,
  type ServiceVerdict,
  suspectTrial,
  type Trial,
  UNTRIED,
  type Waits,
  WAITS_FOR_ECHO,
} from '@infra-home/shared/wan/trial.ts'
import {
  nextRepair,
  REPAIR_STEPS,
  type RepairSeen,
  type RepairStep,
  UNREPAIRED,
} from '@infra-home/shared/wan/repair.ts'
import { type PathCause, type PathState, USUAL_LIMITS } from '@infra-home/shared/wan/path.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import { randomFrom } from '../conformance/mangle.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'

type Life = {
  /** What each question gets at this time; null for nothing. */
  readonly says: (ms: number, target: string) => Finding | null
  readonly targets?: readonly string[]
  readonly paceMs?: number | null
  readonly isAlive?: (ms: number) => boolean
  /** When it has last proven its life; unless told otherwise, whenever it is alive. */
  readonly provenAt?: (ms: number) => number | null
  readonly waits?: Waits
  readonly suspectedAt?: readonly { readonly at: number; readonly by: 'users' | 'silence' }[]
  readonly untilMs: number
}
type Change = { readonly at: number; readonly verdict: ServiceVerdict }

/** A service of a path in simulated time, asked as an agent asks; answers take 60 ms. */
const liveWith = (
  life: Life,
): { readonly changes: readonly Change[]; readonly questions: readonly number[] } => {
  const { says, targets = ['a', 'b', 'c'], paceMs = 60_000, isAlive = () => true, suspectedAt = [] } = life
  const { provenAt = (ms: number) => (isAlive(ms) ? ms : null), waits } = life
  let trial: Trial = UNTRIED
  const changes: Change[] = []
  const questions: number[] = []
  const answers: { at: number; target: string; found: Finding }[] = []
  const set = (next: Trial, at: number): void => {
    if (next.verdict !== trial.verdict) changes.push({ at, verdict: next.verdict })
    trial = next
  }
  for (let ms = 0; ms <= life.untilMs; ms += 20) {
    const now = monoMs(ms)
    for (const { target, found } of answers.filter(({ at }) => at === ms))
      set(answeredTrial(trial, { target, found, others: targets.length }, now), ms)
    for (const { by } of suspectedAt.filter(({ at }) => at === ms)) set(suspectTrial(trial, by, now), ms)
    if (ms % 100 !== 0) continue
    const alive = isAlive(ms)
    const proven = provenAt(ms)
    const path = {
      pace: paceMs === null ? null : milliseconds(paceMs),
      ...(waits && { waits }),
      isAlive: alive,
      provenAt: proven === null ? null : monoMs(proven),
      roundTripMs: 60,
    }
    const next = nextTrial(trial, path, now)
    set(next.trial, ms)
    const whom =
      next.ask === 'all'
        ? targets
        : next.ask === 'one'
          ? [targets[questions.length % targets.length] ?? '']
          : []
    for (const target of whom) {
      questions.push(ms)
      const found = alive ? says(ms, target) : null
      if (found) answers.push({ at: ms + 60, target, found })
    }
  }
  return { changes, questions }
}

t.test('what a living path lacks', async (t) => {
  const until = (ms: number, before: Finding | null, after: Finding | null) => (at: number) =>
    at < ms ? before : after
  const told = (life: Life): string =>
    liveWith(life)
      .changes.map(({ at, verdict }) => `${at} ${verdict}`)
      .join(', ')

  t.equal(told({ says: () => 'works', untilMs: 10_000 }), '60 works', 'is asked for at once')
  t.same(
    liveWith({ says: () => 'works', untilMs: 180_000 }).questions,
    [0, 60_000, 120_000, 180_000],
    'and then at its pace, one question each',
  )
  t.equal(
    told({ says: until(70_000, 'works', null), untilMs: 130_000 }),
    '60 works, 122900 fails',
    'while idle it is missed at the next question, and known 3 s later',
  )
  t.equal(
    told({ says: until(5000, 'works', null), suspectedAt: [{ at: 5500, by: 'users' }], untilMs: 20_000 }),
    '60 works, 8400 fails',
    'users miss it at once',
  )
  t.equal(
    told({
      says: (ms) => (ms >= 5000 && ms < 30_000 ? null : 'works'),
      suspectedAt: [{ at: 5500, by: 'silence' }],
      untilMs: 60_000,
    }),
    '60 works, 8400 fails, 38460 works',
    'what is broken is asked every 15 s',
  )
  t.equal(
    told({
      says: until(5000, 'works', null),
      isAlive: (ms) => ms < 5000,
      suspectedAt: [{ at: 5500, by: 'users' }],
      untilMs: 90_000,
    }),
    '60 works',
    'on a dead path nothing is said of services',
  )
  t.equal(
    told({ says: (_, target) => (target === 'a' ? null : 'works'), untilMs: 600_000 }),
    '760 works',
    'one of three that is gone says nothing',
  )
  t.equal(
    told({ says: until(1000, 'works', 'portal'), suspectedAt: [{ at: 1500, by: 'users' }], untilMs: 10_000 }),
    '60 works, 1660 portal',
    'two who say something else are enough',
  )
  t.equal(
    told({
      says: (ms, target) => (ms < 1000 ? 'works' : target === 'b' ? 'quota' : 'works'),
      suspectedAt: [{ at: 1500, by: 'users' }],
      untilMs: 10_000,
    }),
    '60 works',
    'one is not',
  )
  t.equal(
    told({
      says: until(1000, 'works', 'quota'),
      targets: ['only'],
      suspectedAt: [{ at: 1500, by: 'users' }],
      untilMs: 10_000,
    }),
    '60 works, 1560 quota',
    'unless there is no other',
  )
  t.equal(told({ says: () => 'works', paceMs: null, untilMs: 60_000 }), '', 'what has no pace is not asked')
  t.equal(
    told({ says: () => null, paceMs: null, suspectedAt: [{ at: 1000, by: 'silence' }], untilMs: 10_000 }),
    '3900 fails',
    'but when it is suspected',
  )
})

t.test('what is answered by an echo or not at all is missed sooner', async (t) => {
  const life = {
    says: (ms: number) => (ms >= 5000 ? null : ('works' as const)),
    suspectedAt: [{ at: 5500, by: 'users' as const }],
    untilMs: 20_000,
  }
  const failsAt = (more: Partial<Life>): number | undefined =>
    liveWith({ ...life, ...more }).changes.find(({ verdict }) => verdict === 'fails')?.at
  t.equal(failsAt({}), 8400)
  t.equal(failsAt({ waits: WAITS_FOR_ECHO }), 7300, 'users have waited for a second before')
  const once = liveWith({ ...life, waits: WAITS_FOR_ECHO, untilMs: 7300 }).questions
  t.equal(once.length, 2 + 9, 'with as many questions')
})

t.test('an outage in which all that was asked got lost makes no service fail', async (t) => {
  for (const waits of [undefined, WAITS_FOR_ECHO])
    for (let outage = 100; outage <= 2000; outage += 100)
      for (let from = 4000; from <= 6000; from += 200) {
        const to = from + outage
        const isOut = (ms: number): boolean => ms >= from && ms < to
        const { changes } = liveWith({
          says: (ms) => (isOut(ms) ? null : 'works'),
          // nobody has noticed yet that it is dead; it proves its life until then, and right after
          provenAt: (ms) => (isOut(ms) ? from : ms),
          ...(waits && { waits }),
          suspectedAt: [{ at: 5000, by: 'users' }],
          untilMs: 20_000,
        })
        t.same(
          changes.map(({ verdict }) => verdict),
          ['works'],
          `from ${from} for ${outage} ms`,
        )
      }
})

t.test('who answers for an uplink that has just lost its address makes no portal', async (t) => {
  const one = { target: 'a', others: 0 } as const
  t.equal(answeredTrial(UNTRIED, { ...one, found: 'fails' }, monoMs(0)).verdict, 'unknown')
  t.equal(answeredTrial(UNTRIED, { ...one, found: 'portal' }, monoMs(0)).verdict, 'portal')
})

t.test('hands that are stopped have finished what they began, and begin nothing more', async (t) => {
  for (const inability of [{ code: 'read-only', text: 'only looks' }, null] as const) {
    const asked: string[] = []
    const answers: ((text: string) => void)[] = []
    const sys = {
      exec: (_program: string, args: readonly string[]) => {
        asked.push(args.join(' '))
        return new Promise<string>((resolve) => void answers.push(resolve))
      },
      readText: async () => null,
    }
    const seen: string[] = []
    const hands = openRouterHands({
      clock: fakeClock(),
      sys,
      wish: { uplinks: [], networks: [] } as unknown as WanWish,
      numbers: {},
      families: ['ipv4'],
      inability,
      lack: null,
      memory: { meant: null, ours: new Set() },
      isDead: () => false,
      isDead6: () => false,
      isAlive: () => true,
      isSpent: () => false,
      onSwept: () => {},
      onLooked: () => seen.push('looked'),
      onFailure: () => seen.push('failed'),
      onDrift: () => seen.push('drift'),
    })
    const looking = hands.look()
    await settle()
    const stopping = hands.stop().then(() => seen.push('stopped'))
    const late = hands.look()
    await settle()
    t.ok(answers.length > 0, 'a look is under way')
    t.same(seen, [], 'and is waited for')
    for (const answer of answers) answer('rubbish')
    await Promise.all([looking, stopping, late])
    t.same(seen, ['failed', 'stopped'])
    t.equal(asked.filter((words) => words.endsWith('addr')).length, 1, 'and nobody looked again')
    const begun = asked.length
    const order = { command: null, by: 'agent', to: 'dsl', reason: 'path-down' } as const
    const error = inability?.text ?? /at work no more/
    t.match(await hands.go(order), { ...order, ok: false, error, undone: true, changes: [] })
    await hands.leaveIpv6('dsl')
    await hands.sweep()
    t.equal(asked.length, begun)
  }
})

t.test('who complains for nothing is heard a few times as he does, and then ever more rarely', async (t) => {
  const complaints = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ at: from + i * 1000, by: 'users' as const }))
  const heard = (suspectedAt: Life['suspectedAt'] & {}, untilMs: number): number =>
    liveWith({ says: () => 'works', paceMs: 86_400_000, suspectedAt, untilMs }).questions.length - 1
  t.equal(heard(complaints(1000, 4), 6000), 4)
  const [all, half] = [heard(complaints(1000, 1200), 1_200_000), heard(complaints(1000, 600), 600_000)]
  t.ok(half <= 16, `${half} questions in ten minutes of complaints each second`)
  t.ok(all - half <= 4, `${all - half} in the next`)
  const quiet = [...complaints(1000, 60), ...complaints(3_600_000, 60)]
  t.equal(
    heard(quiet, 3_700_000),
    2 * heard(complaints(1000, 60), 100_000),
    'and all is forgotten after a while',
  )
})

t.test('a complaint soon after some that came to nothing may be right', async (t) => {
  const suspectedAt = [1000, 2000, 3000, 4000, 5000, 6000].map((at) => ({ at, by: 'users' as const }))
  const { changes } = liveWith({
    says: (ms) => (ms < 4500 ? 'works' : null),
    suspectedAt,
    waits: WAITS_FOR_ECHO,
    untilMs: 20_000,
  })
  t.same(changes.at(-1), { at: 6800, verdict: 'fails' })
})

t.test('a quarter of all packets lost each way makes nobody leave for want of names', async (t) => {
  const seed = 20261124
  t.comment(`SEED=${seed}`)
  const random = randomFrom(seed)
  const untilMs = 300_000
  const suspectedAt = Array.from({ length: 30 }, (_, i) => ({
    at: 5000 + i * 10_000,
    by: 'silence' as const,
  }))
  const deadSpans = (targets: readonly string[]): Span[] => {
    const says = (): Finding | null => (random(16) < 9 ? 'works' : null)
    const { changes } = liveWith({ says, targets, suspectedAt, paceMs: 10_000, untilMs })
    return changes.flatMap(({ at, verdict }, i) =>
      verdict === 'fails' ? [{ from: at, to: changes[i + 1]?.at ?? untilMs }] : [],
    )
  }
  const wrong = { ownDns: 0, publicDns: 0, both: 0 }
  for (let life = 0; life < 100; life++) {
    const [own, others] = [deadSpans(['own']), deadSpans(['a', 'b', 'c'])]
    wrong.ownDns += own.length
    wrong.publicDns += others.length
    wrong.both += own.filter((one) => others.some(({ from, to }) => from < one.to && one.from < to)).length
  }
  t.comment(JSON.stringify(wrong))
  t.equal(wrong.both, 0, 'to leave, the uplink’s own resolver and the others have to seem dead at once')
  t.ok(wrong.publicDns < 10, 'of some 3,000 doubts')
})
type Span = { readonly from: number; readonly to: number }

t.test('more that goes out than comes back is a reason to look at once', async (t) => {
  const rows: readonly (readonly [what: string, sent: number, received: number, isOneSided: boolean])[] = [
    ['nothing passes', 0, 0, false],
    ['as much as there was', 10, 10, false],
    ['a file is fetched', 40, 100, false],
    ['a file is sent, and each second packet is acknowledged', 100, 50, false],
    ['a question without an answer yet', 1, 0, true],
    ['all that goes out is lost', 30, 0, true],
    ['only the gateway still answers', 30, 2, true],
    ['a device that was made anew', -5, 0, false],
  ]
  const before = seeDevice(undefined, { sent: 5, received: 7 }, monoMs(0))
  t.notOk(before.isOneSided, 'a device that has just come')
  for (const [what, sent, received, isSo] of rows)
    t.equal(seeDevice(before, { sent: 5 + sent, received: 7 + received }, monoMs(100)).isOneSided, isSo, what)
})

t.test('a device tells when something last came, and what went out since', async (t) => {
  const clock = fakeClock()
  let [received, sent] = [100, 100]
  const line = (): string => `  wan1: 0 ${received} 0 0 0 0 0 0 0 ${sent} 0 0 0 0 0 0`
  const sys = { readText: async () => `head\nhead\n${line()}\n` }
  const look = watchDevices({ clock, sys }, ['wan1', 'wan2'])
  const seen: string[] = []
  for (const [more, back] of [
    [0, 0],
    [10, 10],
    [10, 2],
    [10, 0],
    [10, 0],
    [10, 10],
    [10, 0],
  ] as const) {
    await clock.advance(milliseconds(100))
    sent += more
    received += back
    const wan1 = (await look()).get('wan1')
    seen.push(`${wan1?.isOneSided} ${clock.now().mono - (wan1?.heardAt ?? 0)} ${wan1?.sentSince}`)
  }
  t.same(seen, [
    'false 0 0',
    'false 0 0',
    'false 0 0',
    'true 100 10',
    'true 200 20',
    'false 0 0',
    'true 100 10',
  ])
  t.notOk((await look()).has('wan2'), 'what is not there is not told of')
})

t.test('users complain when what they begin comes to nothing', async (t) => {
  const NOTHING: UserTraffic = { namesAsked: 0, namesAnswered: 0, opened: 0, receivedBytes: 0 }
  const said = (...rows: readonly (readonly [ms: number, Partial<UserTraffic>])[]): string => {
    let complaints = NO_COMPLAINTS
    return rows
      .flatMap(([ms, traffic]) => {
        const heard = heardUsers(
          complaints,
          { traffic: { ...NOTHING, ...traffic }, roundTripMs: 100 },
          monoMs(ms),
        )
        complaints = heard.complaints
        return heard.said.map((what) => `${ms} ${what}`)
      })
      .join(', ')
  }
  t.equal(said([0, { namesAsked: 1 }], [100, { namesAnswered: 1 }], [900, {}]), '', 'a name that is answered')
  t.equal(
    said([0, { namesAsked: 1 }], [500, { namesAsked: 1 }], [600, {}], [1300, {}]),
    '600 names',
    'one that is not',
  )
  t.equal(
    said([0, { opened: 1 }], [400, { receivedBytes: 5000 }], [1000, {}], [2000, {}]),
    '',
    'a page that comes',
  )
  t.equal(said([0, { opened: 1, receivedBytes: 5000 }], [1000, {}]), '', 'one that comes between two looks')
  t.equal(
    said([0, { opened: 1 }], [400, { receivedBytes: 300 }], [800, {}], [2000, {}]),
    '800 web',
    'one that does not, after half a second and three round trips',
  )
  t.equal(said([0, { opened: 3 }], [800, { receivedBytes: 5000 }]), '800 web', 'too little for three')
  t.equal(
    said([0, { opened: 1, receivedBytes: 9000 }], [400, { opened: 1 }], [800, {}], [1200, {}]),
    '1200 web',
    'the first that does not come, whatever came just before',
  )
})

t.test('what questions got is remembered for as long as it says something', async (t) => {
  const asked = (rows: readonly (readonly [s: number, target: string, result: Asked['result']])[]): Layers =>
    rows.reduce<Layers>(
      (layers, [s, target, result]) =>
        noteAsked(layers, { method: 'tcp', target, result, at: monoMs(s * 1000) }),
      [],
    )
  const at = (s: number): MonoMs => monoMs(s * 1000)
  t.equal(layerOf([], 'tcp', at(0)), 'unknown')
  t.equal(layerOf(asked([[0, 'a', 'works']]), 'tcp', at(1)), 'works')
  t.equal(
    layerOf(
      asked([
        [0, 'a', 'works'],
        [1, 'b', 'lost'],
        [2, 'b', 'lost'],
      ]),
      'tcp',
      at(3),
    ),
    'works',
    'one may be down itself',
  )
  t.equal(
    layerOf(
      asked([
        [0, 'a', 'works'],
        [1, 'b', 'lost'],
        [2, 'c', 'lost'],
      ]),
      'tcp',
      at(3),
    ),
    'fails',
  )
  t.equal(
    layerOf(asked([[0, 'a', 'works']]), 'tcp', at(1501)),
    'unknown',
    'half an hour ago says nothing of now',
  )
  t.equal(layerOf(asked([[0, 'a', 'works']]), 'dns', at(1)), 'unknown', 'nor does one method of another')
  /** One question each `everyS` seconds, of which the first ones got lost. */
  const line = (count: number, lost: number, everyS = 1): Layers =>
    asked(Array.from({ length: count }, (_, i) => [i * everyS, 'a', i < lost ? 'lost' : 'works'] as const))
  const ten = line(10, 3)
  t.equal(lossOf(ten, at(10)), 0.3)
  t.equal(lossOf(ten.slice(1), at(10)), null, 'nine are too few for a share')
  t.equal(lossOf(ten, at(130)), null, 'and what was lost two minutes ago is over')
  t.equal(provenLossOf(line(18, 0, 7), at(119)), 0)
  for (const lost of [1, 2])
    t.equal(provenLossOf(line(18, lost, 7), at(119)), null, `${lost} of an idle line is no share of anything`)
  t.equal(provenLossOf(line(18, 3, 7), at(119)), 3 / 18)
})

t.test(
  'an idle line that loses one in two hundred is not called lossy, and one that loses a quarter is',
  async (t) => {
    const seed = Number(process.env['SEED'] ?? 7)
    t.comment(`SEED=${seed}`)
    const random = randomFrom(seed)
    /** When the line is called lossy by its usual limit, in seconds, at one question each 7 s. */
    const lossy = (lostIn1000: number, untilS: number): readonly number[] => {
      const times: number[] = []
      let layers: Layers = []
      for (let s = 0; s < untilS; s += 7) {
        const result = random(1000) < lostIn1000 ? 'lost' : 'works'
        layers = noteAsked(layers, { method: 'icmp', target: 'a', result, at: monoMs(s * 1000) })
        if ((provenLossOf(layers, monoMs(s * 1000)) ?? 0) >= USUAL_LIMITS.lossRatio) times.push(s)
      }
      return times
    }
    t.ok(lossy(5, 7 * 86_400).length < 7 * 20, 'a week')
    const named = Array.from({ length: 200 }, () => lossy(250, 3600)[0] ?? Infinity).sort((a, b) => a - b)
    t.ok((named[100] ?? 0) <= 90, `mostly within ${named[100]} s`)
    t.ok((named[190] ?? 0) <= 240, `nearly always within ${named[190]} s`)
  },
)

t.test('a page says who answers', async (t) => {
  const page = { url: 'http://example.org/generate_204', status: 204 }
  const answer = (text: string) => parseHttpAnswer(Buffer.from(text))
  const rows: [what: string, text: string, found: 'works' | 'portal' | 'quota'][] = [
    ['what was asked for', 'HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n', 'works'],
    ['HTTP of old', 'HTTP/1.0 204\r\n\r\n', 'works'],
    ['another status', 'HTTP/1.1 200 OK\r\n\r\n<h1>Welcome to the hotel</h1>', 'portal'],
    ['a redirection', 'HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/login\r\n\r\n', 'portal'],
    [
      'a redirection to the shop',
      'HTTP/1.1 302 Found\r\nlocation: http://operator.example/topup\r\n\r\n',
      'quota',
    ],
    ['a page about money', 'HTTP/1.1 200 OK\r\n\r\nYour data plan is used up', 'quota'],
    ['the same in French', 'HTTP/1.1 200 OK\r\n\r\nVotre forfait est épuisé', 'quota'],
  ]
  for (const [what, text, found] of rows) t.equal(judgePage(answer(text), page), found, what)
  for (const text of ['', 'SSH-2.0-OpenSSH', 'HTTP/2 204\r\n\r\n'])
    t.throws(
      () => judgePage(answer(text), page),
      { code: 'probe-failed' },
      `${JSON.stringify(text)} is no page`,
    )

  const sent: string[] = []
  const probe = pageProbe(
    {
      ask: async (way, question) => {
        sent.push(`name by ${way.from} of ${way.to}`)
        const record = Buffer.from('c00c00010001000000010004cb007101', 'hex')
        const heard = Buffer.concat([question, record])
        heard[2] = 0x80
        heard[7] = 1
        return heard
      },
      say: async (way, said) => {
        sent.push(`${way.from} to ${way.to}:${way.port} ${Buffer.from(said).toString().split('\r\n')[0]}`)
        return Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')
      },
    },
    () => 0.5,
  )
  const way = { from: '192.168.8.10', resolver: '192.168.8.1', timeout: seconds(3) }
  t.equal(await probe({ ...way, page }), 'works')
  t.equal(await probe({ ...way, page: { url: 'http://203.0.113.9:8000/a?b', status: 204 } }), 'works')
  t.same(sent, [
    'name by 192.168.8.10 of 192.168.8.1',
    '192.168.8.10 to 203.0.113.1:80 GET /generate_204 HTTP/1.1',
    '192.168.8.10 to 203.0.113.9:8000 GET /a?b HTTP/1.1',
  ])
})

t.test('a resolver that blocks a name makes no portal of this machine', async (t) => {
  const way = { from: '192.168.8.10', resolver: '192.168.8.1', timeout: seconds(3) }
  const page = { url: 'http://example.org/generate_204', status: 204 }
  const reached = async (...addresses: readonly string[]): Promise<string> => {
    let to = ''
    const probe = pageProbe(
      {
        async ask(_, question) {
          const records = addresses.map((address) => [
            ...Buffer.from('c00c00010001000000010004', 'hex'),
            ...address.split('.').map(Number),
          ])
          const heard = Buffer.from([...question, ...records.flat()])
          heard[2] = 0x80
          heard[7] = addresses.length
          return heard
        },
        async say(asked) {
          to = asked.to
          return Buffer.from('HTTP/1.1 200 OK\r\n\r\n<h1>This machine</h1>')
        },
      },
      () => 0.5,
    )
    await probe({ ...way, page })
    return to
  }
  for (const address of ['0.0.0.0', '127.0.0.1', '127.0.0.53'])
    await t.rejects(reached(address), { code: 'probe-failed' }, `${address} is no answer`)
  t.equal(await reached('0.0.0.0', '203.0.113.1'), '203.0.113.1', 'who gives another beside is asked there')
  t.equal(await reached('10.0.0.1'), '10.0.0.1', 'a portal may well be in the house')
})

t.test('a gateway that never answered is not taken for silent, and one that did is', async (t) => {
  const clock = fakeClock()
  let answers = false
  const gateway = watchGateway({
    clock,
    icmp: {
      method: 'icmp',
      async ask() {
        if (!answers) throw new InfraError('probe-timeout', 'nothing')
        return 'works'
      },
    },
    where: () => ({ from: '192.168.8.10', gateway: '192.168.8.1' }),
    onChange: () => {},
  })
  const ask = async (): Promise<boolean | null> => {
    await clock.advance(seconds(4))
    gateway.ask()
    await settle()
    return gateway.answers()
  }
  t.equal(await ask(), null, 'some are set not to answer')
  answers = true
  t.equal(await ask(), true)
  answers = false
  t.equal(await ask(), false)
  gateway.forget()
  t.equal(gateway.answers(), null, 'another line has another gateway')
})

t.test('the uplinks are in one pair of hands at a time', async (t) => {
  const session = 7
  const lease = { session, term: 1, lastsMs: 2000 }
  const now = monoMs(1000)
  const held = leased(OWN_HANDS, lease, { session, now })
  t.match(held, { holder: 'coordinator', term: 1, until: 3000 })
  t.same(
    leased(OWN_HANDS, { ...lease, session: 6 }, { session, now }),
    OWN_HANDS,
    'a lease for who we were counts for nothing',
  )
  t.same(
    leased(OWN_HANDS, { ...lease, term: 2 }, { session, now }),
    OWN_HANDS,
    'nor does one of another term',
  )
  t.equal(handsAt(held, monoMs(2999)), held)
  const own = handsAt(held, monoMs(3000))
  t.match(own, { holder: 'agent', term: 2, until: null }, 'when it is out, they are ours in a new term')
  t.equal(isOfTerm(held, { session, term: 1 }, session), true)
  t.equal(isOfTerm(own, { session, term: 1 }, session), false, 'and what was ordered before is too late')
  t.equal(
    isOfTerm(
      leased(own, { ...lease, term: 2 }, { session, now: monoMs(4000) }),
      { session, term: 1 },
      session,
    ),
    false,
  )
})

t.test('what uplinks carry is summed up by billing month', async (t) => {
  const uplinks = [
    { id: 'mifi', billingDay: 15 },
    { id: 'dsl', billingDay: 1 },
  ]
  const at = (text: string, before: Usage, bytes: Carried): Usage =>
    withCarried(before, bytes, { uplinks, timeZone: 'Europe/Paris', wall: fromRfc3339(text) })
  const carried = (id: string, network: string, bytes: number): Carried =>
    new Map([[id, new Map([[network, bytes]])]])
  let usage = at('2026-11-10T12:00:00Z', {}, carried('mifi', 'pro', 100))
  usage = at('2026-11-14T22:59:59Z', usage, carried('mifi', 'infra', 20))
  t.same(usage['mifi'], { since: fromRfc3339('2026-10-14T22:00:00Z'), networks: { pro: 100, infra: 20 } })
  t.equal(totalOf(usage['mifi'] ?? { since: fromRfc3339('2026-10-14T22:00:00Z'), networks: {} }), 120)
  usage = at('2026-11-14T23:00:00Z', usage, carried('mifi', 'pro', 7))
  t.match(
    usage['mifi'],
    { since: fromRfc3339('2026-11-14T23:00:00Z'), networks: { pro: 7, infra: undefined } },
    'from midnight of the billing day, in Paris',
  )
  usage = at('1970-01-01T00:00:00Z', usage, carried('mifi', 'pro', 1))
  t.match(usage['mifi'], { networks: { pro: 8 } }, 'a clock that goes back begins no month')
  t.match(usage['dsl'], { networks: {} })
})

t.test('a clock that is wrong for a while throws no month’s count away', async (t) => {
  const uplinks = [{ id: 'mifi', billingDay: 1 }]
  const monthAfter = (...walls: readonly string[]): UplinkUsage | undefined => {
    let usage: Usage = {}
    for (const wall of walls)
      usage = withCarried(usage, new Map([['mifi', new Map([['pro', 10]])]]), {
        uplinks,
        timeZone: 'UTC',
        wall: fromRfc3339(`${wall}T12:00:00Z`),
      })
    return usage['mifi']
  }
  const rows: readonly (readonly [what: string, walls: readonly string[], since: string, bytes: number])[] = [
    ['a minute in December', ['2026-11-10', '2026-12-10', '2026-11-10'], '2026-11-01', 20],
    ['and December comes', ['2026-11-10', '2026-12-10', '2026-11-10', '2026-12-01'], '2026-12-01', 20],
    ['years ahead', ['2026-11-10', '2036-12-10', '2026-11-10'], '2026-11-01', 20],
    ['and the next month', ['2026-11-10', '2036-12-10', '2026-11-10', '2026-12-01'], '2026-12-01', 10],
    ['years ahead over the end of the month', ['2026-11-10', '2036-12-10', '2026-12-10'], '2026-12-01', 10],
    ['a month behind', ['2026-11-10', '2026-12-10', '2026-11-30', '2026-12-10'], '2026-12-01', 20],
    ['no battery at boot', ['2026-11-10', '2026-12-10', '1970-01-01', '2026-12-10'], '2026-12-01', 30],
  ]
  for (const [what, walls, since, bytes] of rows) {
    const usage = monthAfter(...walls)
    t.equal(usage?.since, fromRfc3339(`${since}T00:00:00Z`), what)
    t.equal(usage && totalOf(usage), bytes, what)
  }
})

t.test('a plan is as used up as was last heard in its month, whoever is silent since', async (t) => {
  const told: number[] = []
  const months = keepMonthCounts((_, bytes) => void told.push(bytes))
  const at = (text: string) => fromRfc3339(text)
  const november = at('2026-11-01T00:00:00Z')
  months.byRouter('mifi', 40, november)
  t.equal(told.at(-1), 40, 'a modem that counts nothing leaves it to the router')
  months.byModem('mifi', 100, at('2026-11-20T00:00:00Z'))
  t.equal(told.at(-1), 100, 'its own count is nearer to the bill')
  const before = told.length
  months.byModem('mifi', null, at('2026-11-20T00:00:10Z'))
  t.equal(told.length, before, 'one that is busy says nothing')
  months.byRouter('mifi', 41, november)
  t.equal(told.at(-1), 100)
  months.byRouter('mifi', 0, at('2026-12-01T00:00:00Z'))
  t.equal(told.at(-1), 0, 'what it counted in another month is over')
  months.byModem('mifi', 3, at('2026-12-01T00:00:10Z'))
  t.equal(told.at(-1), 3)
})

t.test('what was carried is kept over a restart, and told when a month begins', async (t) => {
  const clock = fakeClock(fromRfc3339('2026-11-30T22:50:00Z'))
  const disk = fakeDisk().mount()
  const told: Reading[] = []
  const used: string[] = []
  const open = () =>
    keepUsage({
      clock,
      disk,
      wish: {
        uplinks: [{ id: 'dsl', billingDay: 1, capBytes: 100_000 } as WishedUplink],
        timeZone: 'Europe/Paris',
      },
      publisher: { states: (reading) => void told.push(reading) },
      onUsed: (id, bytes) => void used.push(`${id} ${bytes}`),
    })
  const first = open()
  await settle()
  first.carried(new Map([['dsl', new Map([['pro', 1000]])]]))
  await first.stop()
  const second = open()
  await settle()
  t.match(told.at(-1)?.states, [
    { kind: 'usage', id: 'dsl', body: { bytes: 1000, networks: [{ id: 'pro', bytes: 1000 }] } },
  ])
  t.equal(used.at(-1), 'dsl 1000')
  const carry = async (bytes: number): Promise<number> => {
    const { length } = told
    second.carried(new Map([['dsl', new Map([['pro', bytes]])]]))
    await clock.advance(seconds(60))
    return told.length - length
  }
  t.equal(await carry(999), 0, 'what is little of a plan can wait')
  t.equal(await carry(1), 1, 'a hundredth of it is told within a minute')
  const before = told.length
  await clock.advance(seconds(9 * 60))
  t.ok(told.length > before, 'the month that begins is told at once')
  t.match(told.at(-1)?.states, [{ body: { since: '2026-11-30T23:00:00.000Z', bytes: 0 } }])
  await second.stop()
})

t.test('what an uplink carried is there when it comes back from repair', async (t) => {
  const [clock, disk, told] = [
    fakeClock(fromRfc3339('2026-11-10T12:00:00Z')),
    fakeDisk().mount(),
    [] as string[],
  ]
  /** An agent's life with these uplinks in the plan, in which each of them carries something. */
  const live = async (...ids: string[]): Promise<void> => {
    const keeper = keepUsage({
      clock,
      disk,
      wish: {
        uplinks: ids.map((id) => ({ id, billingDay: 1, capBytes: 100_000 }) as WishedUplink),
        timeZone: 'Europe/Paris',
      },
      publisher: { states: ({ states }) => void told.push(states.map(({ id }) => id).join()) },
      onUsed: (id, bytes) => void told.push(`${id} ${bytes}`),
    })
    await settle()
    keeper.carried(new Map(ids.map((id) => [id, new Map([['pro', 1000]])])))
    await keeper.stop()
  }
  await live('mifi', 'dsl')
  told.length = 0
  await live('dsl')
  t.notOk(told.join(' ').includes('mifi'), 'who is not in the plan is not told of')
  await live('mifi', 'dsl')
  t.match(told.slice(-2), ['mifi 2000', 'dsl 3000'])
})

t.test('what brings a dead uplink back is tried from the mildest on, ever more rarely', async (t) => {
  const ALL = new Set(REPAIR_STEPS)
  const DOWN: RepairSeen = { state: 'down', cause: 'carrier', isOtherAlive: true, isHeld: false, can: ALL }
  /** What is done, with seconds, in a life told by the second. */
  const done = (untilS: number, seenAt: (s: number) => Partial<RepairSeen>): string => {
    let track = UNREPAIRED
    const steps: string[] = []
    for (let s = 0; s <= untilS; s += 5) {
      const next = nextRepair(track, { ...DOWN, ...seenAt(s) }, monoMs(s * 1000))
      track = next.track
      if (next.step) steps.push(`${s} ${next.step}`)
    }
    return steps.join(', ')
  }
  t.equal(
    done(3000, () => ({})),
    '30 renew-dhcp, 60 bounce-link, 120 reconnect, 300 reboot-modem, 900 power-cycle, 960 renew-dhcp, 1020 bounce-link, 1140 reconnect, 1500 reboot-modem, 2700 power-cycle, 2820 renew-dhcp, 2940 bounce-link',
    'each round waits twice as long',
  )
  t.equal(
    done(20, () => ({})),
    '',
    'many a line comes back by itself',
  )
  t.equal(
    done(600, () => ({ can: new Set() })),
    '',
    'where nothing can be done, nothing is',
  )
  t.equal(
    done(900, () => ({ can: new Set(['reboot-modem'] as const) })),
    '180 reboot-modem, 540 reboot-modem',
    'what cannot be done is left out',
  )
  t.equal(
    done(200, () => ({ isHeld: true })),
    '',
    'a hold leaves everything alone',
  )
  t.equal(
    done(600, () => ({ state: 'degraded', cause: 'loss' })),
    '',
    'what still works is not touched',
  )
  t.equal(
    done(600, () => ({ cause: 'portal' })),
    '',
    'no step is a click',
  )
  t.equal(
    done(600, () => ({ cause: 'sim' })),
    '',
    'no step is a SIM card',
  )
  t.equal(
    done(300, () => ({ cause: 'gateway' })),
    '30 renew-dhcp, 60 bounce-link, 240 reboot-modem',
  )
  t.equal(
    done(300, () => ({ cause: 'address', isOtherAlive: false })),
    '30 renew-dhcp, 60 bounce-link, 240 reboot-modem',
    'an uplink without an address, though it is the only one',
  )
  t.equal(
    done(300, () => ({ cause: 'dns' })),
    '30 renew-dhcp, 60 bounce-link, 120 reconnect, 300 reboot-modem',
  )
  t.equal(
    done(80, () => ({ cause: 'dns', isOtherAlive: false })),
    '30 renew-dhcp',
    'the last way that carries anything is not taken away',
  )
  const rests: [rest: Pick<RepairSeen, 'state' | 'cause'>, soon: string][] = [
    [{ state: 'up', cause: null }, '260 reconnect, 440 reboot-modem'],
    [{ state: 'degraded', cause: 'mtu' }, '260 reconnect, 440 reboot-modem'],
    [{ state: 'unknown', cause: 'address' }, '200 reconnect, 380 reboot-modem'],
  ]
  for (const [rest, soon] of rests) {
    t.equal(
      done(800, (s) => (s > 100 && s < 200 ? rest : {})),
      `30 renew-dhcp, 60 bounce-link, ${soon}`,
      `${rest.state}: who breaks again soon goes on where it was`,
    )
    t.equal(
      done(1000, (s) => (s > 100 && s < 750 ? rest : {})),
      '30 renew-dhcp, 60 bounce-link, 780 renew-dhcp, 810 bounce-link, 870 reconnect',
      `${rest.state}: and after ten minutes begins anew`,
    )
  }
  const waits = done(86_400, () => ({}))
    .split(', ')
    .map((step) => Number(step.split(' ')[0]))
  t.ok(waits.length < 40, `${waits.length} steps in a dead day`)
})

/** A repairer of one dead uplink, and what it runs; programs that `fails` names fail. */
const repairing = (seen: {
  readonly cause?: PathCause
  readonly other?: PathState
  readonly fails: (words: string) => boolean
  readonly allowed?: readonly RepairStep[]
}) => {
  const clock = fakeClock()
  const repairs = noRepairs()
  const run: string[] = []
  const told: EventBody['repair'][] = []
  const path = { state: 'down', cause: seen.cause ?? 'carrier' } as {
    state: PathState
    cause: PathCause | null
  }
  const files = new Set(['/run/systemd/netif/state'])
  const sys = {
    readText: async (name: string) => (files.has(name) ? '1' : null),
    exec: async (program: string, args: readonly string[]) => {
      const words = [program, ...args].join(' ')
      run.push(words)
      if (seen.fails(words)) throw new InfraError('exec-failed', `${program}: no`)
      return ''
    },
  }
  const modem = {
    read: async () => ({ state: UNKNOWN_MODEM, numbers: {} }),
    reboot: async () => void run.push('reboot'),
  }
  const links = openLinkBouncer(sys)
  const tools = () =>
    repairToolsFor({ id: 'mifi', interface: 'wan1' }, { sys, modem, links, powerCycled: new Set(['mifi']) })
  const start = () =>
    startRepairer({
      clock,
      uplinks: ['mifi', 'dsl'],
      repairs,
      path: (id) => (id === 'mifi' ? path : { state: seen.other ?? 'up', cause: null }),
      isHeld: () => false,
      allowed: new Set(seen.allowed ?? ['renew-dhcp', 'bounce-link', 'power-cycle']),
      toolsFor: tools,
      raise: (id) => (id === 'mifi' && links.isLowered('wan1') ? () => links.raise('wan1') : null),
      onRepair: (repair) => void told.push(repair),
      log: () => {},
    })
  return { clock, run, told, path, files, tools, links, start, stop: start().stop }
}

t.test('repairs are what there is for them, and each is told', async (t) => {
  const { clock, run, told, files, tools, stop } = repairing({ fails: (words) => words.startsWith('power') })
  const whole = ['renew-dhcp', 'bounce-link', 'reboot-modem', 'power-cycle']
  t.same([...(await tools()).keys()], whole, 'this modem cannot reconnect')
  files.clear()
  t.same([...(await tools()).keys()], whole.slice(2), 'where nobody looks after addresses, none is lost')
  files.add('/run/dhcpcd/pid')
  await clock.advance(seconds(660))
  stop()
  t.same(
    run,
    ['dhcpcd -n wan1', 'power-cycle mifi'],
    'what the owner does not allow is not done, and a link is left alone whose address can be renewed',
  )
  t.match(told, [
    { uplink: 'mifi', step: 'renew-dhcp', cause: 'carrier', round: 1, ok: true, error: null },
    { step: 'power-cycle', ok: false, error: 'power-cycle: no' },
  ])
})

t.test(
  'a link is bounced only where its address cannot be renewed, and only where that takes nothing away',
  async (t) => {
    const isRenewal = (words: string): boolean => words.startsWith('networkctl')
    const [renewal, down, up] = [
      'networkctl renew wan1',
      'ip link set dev wan1 down',
      'ip link set dev wan1 up',
    ]
    const rows = [
      ['a dead one', { cause: 'carrier', other: 'down' }, [renewal, down, up]],
      ['one that lacks names, beside another', { cause: 'dns', other: 'degraded' }, [renewal, down, up]],
      ['the only one that carries anything', { cause: 'dns', other: 'down' }, [renewal]],
      ['the only one of which anything is known', { cause: 'dns', other: 'unknown' }, [renewal]],
      ['against the owner’s wish', { allowed: ['renew-dhcp'] }, [renewal]],
      ['where he wants no renewal', { allowed: ['bounce-link'] }, [down, up]],
    ] as const
    for (const [what, seen, expected] of rows) {
      const { clock, run, stop } = repairing({ ...seen, fails: isRenewal })
      await clock.advance(seconds(80))
      stop()
      t.same(run, expected, what)
    }
  },
)

t.test('a ladder is climbed on where it was when the plan is changed', async (t) => {
  const { clock, told, path, start, stop } = repairing({ fails: (words) => words.startsWith('networkctl') })
  await clock.advance(seconds(40))
  t.same(
    told.map(({ step }) => step),
    ['renew-dhcp'],
  )
  stop()
  Object.assign(path, { state: 'unknown', cause: null })
  const again = start()
  await clock.advance(seconds(6))
  Object.assign(path, { state: 'down', cause: 'carrier' })
  await clock.advance(seconds(30))
  again.stop()
  t.same(
    told.map(({ step }) => step),
    ['renew-dhcp', 'bounce-link'],
    'nor has it to be found out anew that nobody renews its address',
  )
})

t.test('a link that we took down is brought up again, whatever it takes', async (t) => {
  let isStuck = true
  const house = repairing({
    fails: (words) => words.startsWith('networkctl') || (isStuck && words.endsWith('up')),
  })
  const { clock, run, told, path, links } = house
  await clock.advance(seconds(75))
  t.ok(links.isLowered('wan1'))
  const tries = () => run.filter((words) => words.endsWith('up')).length
  t.ok(tries() >= 3, 'at each look')
  path.state = 'unknown'
  path.cause = null
  isStuck = false
  await clock.advance(seconds(10))
  t.notOk(links.isLowered('wan1'), 'whatever its path is worth by then')
  const enough = tries()
  await clock.advance(seconds(60))
  house.stop()
  t.equal(tries(), enough)
  t.equal(run.filter((words) => words.endsWith('down')).length, 1)
  t.match(told, [
    { step: 'renew-dhcp', ok: false, error: 'networkctl: no' },
    { step: 'bounce-link', ok: false, error: 'ip: no' },
    { step: 'raise-link', ok: true, error: null, cause: null, round: 1 },
  ])
  t.equal(told.length, 3, 'each step, once')
  const refused = repairing({ fails: () => true })
  await refused.links.bounce('wan1').catch(() => {})
  refused.stop()
  t.notOk(refused.links.isLowered('wan1'), 'what was refused was not done')
  t.same(refused.run, ['ip link set dev wan1 down'])
})

t.test(
  'a modem that says that nothing passes makes everybody be asked at once, and decides nothing',
  async (t) => {
    const clock = fakeClock()
    let doubts = 0
    let asked = 0
    let isDead = false
    let isBound = true
    const probe = (method: 'dns' | 'tcp') => ({
      method,
      async ask() {
        asked++
        if (isDead) throw new InfraError('probe-timeout', 'nothing')
        return 'works' as const
      },
    })
    const watch = watchUplink({
      unrest: null,
      uplink: {
        id: 'mifi',
        interface: 'wan1',
        targets: ['a', 'b', 'c'],
        resolvers: [],
        pages: [],
        tcpPort: 443,
        dailyBytes: null,
      } as unknown as WishedUplink,
      clock,
      probes: { dns: probe('dns'), tcp: () => probe('tcp'), page: async () => 'works' },
      isActive: () => true,
      isBound: () => isBound,
      ports: () => null,
      onChange: () => {},
      onDoubt: () => void doubts++,
    })
    const network = {
      family: 'ipv4',
      address: '192.168.8.10',
      subnet: '192.168.8.0/24',
      gateway: '192.168.8.1',
    } as const
    const look = async (): Promise<void> => {
      watch.see({ link: 'up', networks: [network], gateway: 'works', mtu: 1500 })
      await clock.advance(seconds(3))
    }
    await look()
    t.equal(watch.path().state, 'up')
    isBound = false
    const askedBound = asked
    await look()
    t.equal(watch.path().state, 'unknown', 'nothing is known of one to which nobody is bound')
    t.equal(asked, askedBound, 'and nobody asks by it')
    isBound = true
    await look()
    t.equal(watch.path().state, 'up')
    const before = asked
    watch.hearModem({ ...UNKNOWN_MODEM, registration: 'home' })
    t.equal(asked, before, 'good news ask nothing')
    watch.hearModem({ ...UNKNOWN_MODEM, registration: 'searching' })
    t.ok(asked - before >= 3, 'at once')
    t.equal(doubts, 1)
    watch.hearModem({ ...UNKNOWN_MODEM, registration: 'searching' })
    t.equal(doubts, 1, 'once')
    await clock.advance(seconds(3))
    t.match(
      watch.path(),
      { state: 'up', isWarned: true },
      'what still answers is up, whatever the modem says',
    )
    watch.hearModem({ ...UNKNOWN_MODEM, registration: 'home' })
    t.equal(watch.path().isWarned, false)
    isDead = true
    watch.hearModem({ ...UNKNOWN_MODEM, registration: 'searching' })
    await clock.advance(seconds(120))
    t.equal(watch.path().state, 'down')
    isDead = false
    watch.hearModem({ ...UNKNOWN_MODEM, registration: 'home' })
    await settle()
    t.equal(watch.path().state, 'up', 'one that found its network again makes a dead line be asked at once')
    watch.stop()
  },
)

t.test('an uplink without an address is dead after five seconds, whatever its link says', async (t) => {
  const clock = fakeClock()
  const changes: string[] = []
  const probe = (method: 'dns' | 'tcp') => ({ method, ask: async () => 'works' as const })
  const watch = watchUplink({
    unrest: null,
    uplink: {
      id: 'dsl',
      interface: 'wan2',
      targets: ['a', 'b', 'c'],
      resolvers: [],
      pages: [],
      tcpPort: 443,
      dailyBytes: null,
    } as unknown as WishedUplink,
    clock,
    probes: { dns: probe('dns'), tcp: () => probe('tcp'), page: async () => 'works' },
    isActive: () => true,
    isBound: () => true,
    ports: () => null,
    onChange() {
      const { state, cause } = watch.path()
      const words = cause === null ? state : `${state} (${cause})`
      if (changes.at(-1) !== words) changes.push(words)
    },
    onDoubt: () => {},
  })
  t.teardown(watch.stop)
  const network = { family: 'ipv4', address: '10.0.0.2', subnet: '10.0.0.0/24', gateway: '10.0.0.1' } as const
  const global6 = { family: 'ipv6', address: 'fd00::2', subnet: 'fd00::/64', gateway: 'fe80::1' } as const
  const see = (link: 'up' | 'asleep' | 'no-network', ...networks: UplinkNetwork[]): void =>
    watch.see({ link, networks, gateway: 'unknown', mtu: 1500 })
  const seen = async (secs: number): Promise<string> => {
    await clock.advance(seconds(secs))
    return changes
      .splice(0, changes.length - 1)
      .concat(changes)
      .join(', ')
  }
  see('up')
  t.equal(await seen(4.9), 'unknown (address)', 'a link that has just come has none yet')
  t.equal(await seen(0.2), 'unknown (address), down (address)')
  const began = clock.now().mono
  see('up', network)
  t.equal(await seen(1), 'down (address), unknown, up')
  const after = (mono: number | null | undefined): number => Math.round(((mono ?? 0) - began) / 1000)
  const { standing: first } = watch.path()
  t.same([after(first?.sinceMono), after(first?.livesSinceMono), first?.unrest], [0, 0, null])
  see('up')
  see('up')
  t.equal(await seen(4), 'up, unknown (address)', 'a lease that is renewed may take it away for a moment')
  see('up', network)
  t.equal(await seen(1), 'unknown (address), unknown, up')
  const { standing: second } = watch.path()
  t.same([after(second?.livesSinceMono), second?.unrest?.breaks, after(second?.unrest?.atMono)], [5, 1, 1])
  see('up', global6)
  t.equal(
    await seen(6),
    'up, unknown (address), down (address)',
    'nothing is asked, and little is reached, without IPv4',
  )
  see('no-network')
  t.equal(await seen(6), 'down (address), down (wifi)', 'what is nearer explains it')
  see('asleep')
  t.equal(await seen(60), 'down (wifi), unknown (asleep)', 'and what is not there needs none')
})

t.test('how long a path has been so depends on nobody who asks', async (t) => {
  const clock = fakeClock()
  let isLossy = false
  const network = {
    family: 'ipv4',
    address: '192.168.8.10',
    subnet: '192.168.8.0/24',
    gateway: '192.168.8.1',
  } as const
  const watchOne = () => {
    let asked = 0
    const ask = async (): Promise<'works'> => {
      if (isLossy && asked++ % 3 === 0) throw new InfraError('probe-timeout', 'nothing')
      return 'works'
    }
    const watch = watchUplink({
      uplink: {
        id: 'mifi',
        interface: 'wan1',
        targets: ['a', 'b', 'c'],
        resolvers: [],
        pages: [],
        tcpPort: 443,
        dailyBytes: null,
      } as unknown as WishedUplink,
      clock,
      unrest: { breaks: 3, at: clock.now().mono },
      probes: {
        dns: { method: 'dns', ask },
        tcp: () => ({ method: 'tcp', ask }),
        icmp: { method: 'icmp', ask },
        page: async () => 'works',
      },
      isActive: () => true,
      isBound: () => true,
      ports: () => null,
      onChange: () => {},
      onDoubt: () => {},
    })
    t.teardown(watch.stop)
    watch.see({ link: 'up', networks: [network], gateway: 'works', mtu: 1500 })
    return watch
  }
  const [read, unread] = [watchOne(), watchOne()]
  t.equal(read.path().standing?.unrest?.breaks, 3, 'what was known before is gone on from')
  const states = new Set<PathState>()
  for (const [lossy, secs] of [
    [false, 20],
    [true, 120],
    [false, 200],
  ] as const) {
    isLossy = lossy
    for (let tenth = 0; tenth < 10 * secs; tenth++) {
      states.add(read.path().state)
      await clock.advance(milliseconds(100))
    }
  }
  t.ok(states.has('degraded'), [...states].join(', '))
  t.same(read.path().standing, unread.path().standing)
  t.equal(read.path().standing?.unrest?.breaks, 3, 'and none of that is a break')
  for (const watch of [read, unread]) {
    watch.see({ link: 'no-carrier', networks: [], gateway: 'unknown', mtu: 1500 })
    t.ok((watch.path().standing?.unrest?.breaks ?? 0) > 3.5)
  }
})

t.test('a path over which no connection comes about is dead, and no other is', async (t) => {
  const silent = async (clock: FakeClock): Promise<never> => {
    await new Promise<void>((resolve) => void clock.after(seconds(3), resolve))
    throw new InfraError('probe-failed', 'nobody answered')
  }
  const SLOW = milliseconds(40)
  const rows: [
    what: string,
    takes: (target: string) => boolean,
    hasPages: boolean,
    pings: boolean,
    state: PathState,
    cause: PathCause | null,
  ][] = [
    ['nobody takes a connection', () => false, false, true, 'down', 'tcp'],
    ['nobody does, and pings are blocked', () => false, false, false, 'down', 'tcp'],
    ['one of three does', (target) => target === 'c', false, true, 'up', null],
    ['nobody does at that port, and pages come', () => false, true, true, 'up', null],
    ['all do, and pages do not come', () => true, false, true, 'up', null],
  ]
  for (const [what, takes, hasPages, pings, state, cause] of rows) {
    const clock = fakeClock()
    const answers = async (): Promise<'works'> => {
      await new Promise<void>((resolve) => void clock.after(SLOW, resolve))
      return 'works'
    }
    let isBroken = false
    const tcp = ({ target }: { readonly target: string }) =>
      !isBroken || takes(target) ? answers() : silent(clock)
    const watch = watchUplink({
      unrest: null,
      uplink: {
        id: 'mifi',
        interface: 'wan1',
        targets: ['a', 'b', 'c'],
        resolvers: [],
        pages: ['http://a/', 'http://b/', 'http://c/'].map((url) => ({ url, status: 204 })),
        tcpPort: 443,
        dailyBytes: null,
      } as unknown as WishedUplink,
      clock,
      probes: {
        dns: { method: 'dns', ask: answers },
        tcp: () => ({ method: 'tcp', ask: tcp }),
        page: () => (!isBroken || hasPages ? answers() : silent(clock)),
        ...(pings && { icmp: { method: 'icmp', ask: answers }, fullSize: answers }),
      } as unknown as Parameters<typeof watchUplink>[0]['probes'],
      isActive: () => true,
      isBound: () => true,
      ports: () => null,
      onChange: () => {},
      onDoubt: () => {},
    })
    const gateway = '192.168.8.1'
    const network = { family: 'ipv4', address: '192.168.8.10', subnet: '192.168.8.0/24', gateway } as const
    watch.see({ link: 'up', networks: [network], gateway: 'works', mtu: 1500 })
    await clock.advance(seconds(20))
    t.equal(watch.path().state, 'up', `${what}: at first`)
    isBroken = true
    /** Users who ask for a name, get it, and begin a connection that stays mute. */
    const users = async (secs: number): Promise<void> => {
      for (let tenth = 0; tenth < secs * 10; tenth++) {
        const asks = tenth % 5 === 0 ? 1 : 0
        watch.traffic({
          namesAsked: asks,
          namesAnswered: asks,
          opened: asks,
          receivedBytes: 90 * asks,
          sent: 2 * asks,
          received: asks,
          heardAt: clock.now().mono,
          sentSince: asks,
        })
        await clock.advance(milliseconds(100))
      }
    }
    await users(5)
    t.match(watch.path(), { state, cause }, `${what}: five seconds later`)
    await users(60)
    t.match(watch.path(), { state, cause }, `${what}: and a minute later`)
    isBroken = false
    await users(16)
    t.equal(watch.path().cause, null, `${what}: and over`)
    watch.stop()
  }
})

t.test('the house’s resolver is told whom to ask', async (t) => {
  const uplink = { id: 'mifi', resolvers: [] as string[], targets: ['1.1.1.1', '8.8.8.8', '9.9.9.9'] }
  const asked = (text: string): string[] =>
    [...text.matchAll(/^nameserver (.*)$/gm)].map(([, who = '']) => who)
  const works = 'works' as const
  const verdicts = { link: works, gateway: works, dns: works, tcp: works, http: works }
  const fine = { gateway: '192.168.8.1', verdicts }
  t.same(asked(resolverText(uplink, fine)), ['192.168.8.1'])
  t.same(asked(resolverText({ ...uplink, resolvers: ['10.0.0.53'] }, fine)), ['10.0.0.53'])
  t.same(
    asked(resolverText(uplink, { ...fine, verdicts: { ...verdicts, ownDns: 'fails' } })),
    uplink.targets,
    'while its own are dead, those of the world',
  )
  t.same(asked(resolverText(uplink, { ...fine, gateway: null })), uplink.targets)
})

t.test('a modem without a next hop is an uplink like any other', async (t) => {
  const route = (gateway: string | null, more: Partial<Route> = {}): Route => ({
    family: 'ipv4',
    kind: 'unicast',
    destination: 'default',
    gateway,
    interface: 'wwan0',
    source: null,
    table: 'main',
    metric: 700,
    protocol: 'static',
    ...more,
  })
  const ours = { table: '8101', protocol: '173', metric: null }
  const [tun, ether] = [['POINTOPOINT', 'NOARP'], []]
  const rows: readonly (readonly [
    what: string,
    flags: readonly string[],
    prefix: number,
    routes: readonly Route[],
    gateway: string | null | undefined,
  ])[] = [
    ['a default by the device alone, as pppd makes it', tun, 32, [route(null)], null],
    ['with a network', tun, 30, [route(null)], null],
    [
      'a next hop in no network of its own: nobody there listens for one',
      tun,
      32,
      [route('10.64.0.1')],
      null,
    ],
    ['one in its network', tun, 30, [route('10.64.64.65')], '10.64.64.65'],
    ['on a device where somebody has to answer for it', ether, 32, [route('10.64.0.1')], undefined],
    ['a default by a device where all answer for all', ether, 24, [route(null)], null],
    ['the better of two', ether, 24, [route(null), route('10.64.64.1', { metric: 50 })], '10.64.64.1'],
    ['only ours is left of it', tun, 32, [route(null, ours)], null],
    ['none at all', tun, 32, [], undefined],
    ['another’s', tun, 32, [route(null, { interface: 'wwan1' })], undefined],
  ]
  for (const [what, flags, prefix, routes, gateway] of rows) {
    const interfaces = parseIpAddr(
      JSON.stringify([
        {
          ifname: 'wwan0',
          flags: ['UP', 'LOWER_UP', ...flags],
          mtu: 1500,
          addr_info: [{ family: 'inet', local: '10.64.64.64', prefixlen: prefix, scope: 'global' }],
        },
      ]),
    )
    const seen = { interfaces, routes, neighbours: [] }
    const [network] = factsOf({ interface: 'wwan0', kind: 'usb-modem', index: 1 }, seen).networks
    t.equal(network?.gateway, gateway, what)
  }
  const six = { family: 'ipv6', protocol: 'ra' } as const
  const interfaces = parseIpAddr(
    JSON.stringify([
      {
        ifname: 'wwan0',
        flags: ['UP', 'LOWER_UP', 'NOARP'],
        mtu: 1500,
        addr_info: [{ family: 'inet6', local: '2001:db8::5', prefixlen: 64, scope: 'global' }],
      },
    ]),
  )
  const { networks } = factsOf(
    { interface: 'wwan0', kind: 'usb-modem', index: 1 },
    { interfaces, routes: [route(null, six)], neighbours: [] },
  )
  t.match(networks, [{ family: 'ipv6', address: '2001:db8::5', gateway: null }], 'over IPv6, too')
})

t.test('uplinks keep their numbers, and networks are of addresses', async (t) => {
  t.same(numbered({}, ['a', 'b']), { a: 1, b: 2 })
  t.same(
    numbered({ a: 1, b: 2, c: 4 }, ['c', 'd', 'a']),
    { a: 1, b: 2, c: 4, d: 3 },
    'who is new gets the lowest that is free, and nobody that of one whose flows may still be there',
  )
  const all = numbered(
    {},
    Array.from({ length: 40 }, (_, i) => `u${i + 1}`),
  )
  t.match(
    numbered(all, ['u7', 'new']),
    { u1: undefined, new: 1, u7: 7, u40: 40 },
    'but where there is no other',
  )
  t.same(formerUplinks({ a: 1, b: 2 }, { uplinks: [{ id: 'b' }] }), [{ id: 'a', index: 1, metered: false }])
  t.equal(subnetOf('192.168.8.10', 24)?.text, '192.168.8.0/24')
  t.equal(subnetOf('10.1.2.3', 8)?.text, '10.0.0.0/8')
  t.equal(subnetOf('100.64.3.9', 31)?.text, '100.64.3.8/31')
})
