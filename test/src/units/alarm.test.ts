// Agents that watch over the coordinator and tell people by themselves when it is silent.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createAgent } from '@infra-home/agent/agent.ts'
import { sms } from '@infra-home/agent/alarm/channels/sms.ts'
import type { Notice } from '@infra-home/agent/alarm/notice.ts'
import { tell } from '@infra-home/agent/alarm/tell.ts'
import { isWorthNoting, recordOf, resumed } from '@infra-home/agent/alarm/alarm-record.ts'
import {
  type AlarmPhase,
  type AlarmState,
  type Heard,
  listeningFrom,
} from '@infra-home/agent/alarm/alarm-state.ts'
import {
  type AlarmHappening,
  type AlarmParams,
  type AlarmStep,
  decideAlarm,
} from '@infra-home/agent/alarm/decide-alarm.ts'
import { backText, silentText, withFailures, type Situation } from '@infra-home/agent/alarm/notice.ts'
import { causeOf, isAlive, type SignOfLife } from '@infra-home/agent/alarm/sign-of-life.ts'
import { loadAgentConfig } from '@infra-home/agent/config.ts'
import type { SimulatedMachine } from '@infra-home/agent/sys/simulated/machine.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { simulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import type { HttpClient } from '@infra-home/agent/sys/sys.ts'
import type { WireOptions } from '@infra-home/agent/sys/wire.ts'
import { alarmWords } from '@infra-home/coordinator/http/views/alarm-words.ts'
import {
  type DurationMs,
  hours,
  later,
  minutes,
  type MonoMs,
  monoMs,
  rfc3339,
  seconds,
  sleep,
  wallMs,
} from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { AlarmEvent } from '@infra-home/shared/messages/alarm.ts'
import { macKeyOfSecret, withMac } from '@infra-home/shared/seal/mac.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { MODEM } from '../helpers/said.ts'

const PLAN = join(import.meta.dirname, '../../../topology.json')
const TOPOLOGY = loadTopology(readFileSync(PLAN, 'utf8'), PLAN)

const PARAMS: AlarmParams = { rank: 0, after: minutes(10), stagger: minutes(5), repeat: hours(6) }
const START = monoMs(hours(1))
const at = (span: number): MonoMs => later(START, span as DurationMs)
const WALL = wallMs(Date.UTC(2026, 10, 28, 23, 1))
const heardAt = (span: number): Heard => ({ mono: at(span), wall: wallMs(WALL + span), exact: true })
const ALARM = { id: 'A', cause: 'no-broker', lastHeard: heardAt(0), told: 0 } as const
const TOLD = { ...ALARM, told: 1 }
const LOOK: AlarmHappening = { is: 'look', id: 'A', cause: 'no-broker' }

const hearing: AlarmPhase = { is: 'hearing' }
const silent: AlarmPhase = { is: 'silent' }
const raising = (more: object = {}): AlarmPhase => ({
  is: 'raising',
  alarm: ALARM,
  tries: 1,
  notBefore: at(minutes(10)),
  back: null,
  ...more,
})
const told = (more: object = {}): AlarmPhase => ({ is: 'told', alarm: TOLD, at: at(minutes(10)), ...more })
const ending = (more: object = {}): AlarmPhase => ({
  is: 'ending',
  alarm: TOLD,
  goneMs: minutes(20),
  tries: 0,
  notBefore: at(minutes(20)),
  ...more,
})

t.test('the watch over the coordinator', async (t) => {
  type Row = [
    what: string,
    from: AlarmPhase,
    event: AlarmHappening,
    after: number,
    to: AlarmPhase['is'],
    act: string | null,
    more?: { rank?: number; listening?: number; heard?: Heard },
  ]
  const heard = (span: number): AlarmHappening => ({ is: 'heard', by: heardAt(span) })
  const rows: Row[] = [
    ['a word of it', hearing, heard(1000), 1000, 'hearing', null],
    ['a short silence', hearing, LOOK, minutes(1), 'hearing', null],
    ['a silence that is worth noting', hearing, LOOK, minutes(2), 'silent', null],
    ['which goes on', silent, LOOK, minutes(9.9), 'silent', null],
    ['which ends', silent, heard(minutes(9)), minutes(9), 'hearing', null],
    ['which is one', silent, LOOK, minutes(10), 'raising', 'tell-silent'],
    ['which is one, but not our turn', silent, LOOK, minutes(19.9), 'silent', null, { rank: 2 }],
    ['our turn', silent, LOOK, minutes(20), 'raising', 'tell-silent', { rank: 2 }],
    ['just woken up into it', silent, LOOK, hours(3), 'silent', null, { listening: hours(3) }],
    [
      'woken up, and listened in vain',
      silent,
      LOOK,
      hours(3.05),
      'raising',
      'tell-silent',
      { listening: hours(3) },
    ],
    [
      'woken up, listened in vain, and not our turn',
      silent,
      LOOK,
      hours(3.05),
      'silent',
      null,
      { listening: hours(3), rank: 1 },
    ],
    ['waking up', silent, { is: 'woke' }, hours(3), 'silent', null],
    ['an answer of no channel', raising(), { is: 'failed' }, minutes(11), 'raising', null],
    [
      'its time has not come again',
      raising({ notBefore: at(minutes(12)) }),
      LOOK,
      minutes(11),
      'raising',
      null,
    ],
    [
      'its time has come',
      raising({ notBefore: at(minutes(12)) }),
      LOOK,
      minutes(12),
      'raising',
      'tell-silent',
    ],
    [
      'its time came while we slept',
      raising({ notBefore: at(minutes(12)) }),
      LOOK,
      hours(3),
      'raising',
      null,
      { listening: hours(3) },
    ],
    ['a channel has taken it', raising(), { is: 'told' }, minutes(11), 'told', null],
    ['it is back while people are told', raising(), heard(minutes(11)), minutes(11), 'raising', null],
    ['and they were', raising({ back: { goneMs: 1 } }), { is: 'told' }, minutes(11), 'ending', null],
    ['and they were not', raising({ back: { goneMs: 1 } }), LOOK, minutes(11), 'hearing', 'give-up'],
    [
      'and they were before',
      raising({ alarm: TOLD, back: { goneMs: 1 } }),
      LOOK,
      minutes(11),
      'ending',
      null,
    ],
    ['people know', told(), LOOK, hours(6), 'told', null],
    ['people may have forgotten', told(), LOOK, hours(6.2), 'raising', 'tell-silent'],
    ['people know, and nobody is asked', told(), { is: 'failed' }, hours(1), 'told', null],
    ['it is back', told(), heard(minutes(30)), minutes(30), 'ending', null],
    ['that is told', ending(), LOOK, minutes(20), 'ending', 'tell-back', { heard: heardAt(minutes(20)) }],
    ['and taken', ending({ tries: 1 }), { is: 'told' }, minutes(20), 'hearing', null],
    ['and not taken', ending({ tries: 1 }), { is: 'failed' }, minutes(20), 'ending', null],
    [
      'a next silence before that could be told',
      ending({ notBefore: at(hours(2)) }),
      LOOK,
      hours(1),
      'raising',
      'tell-silent',
      { heard: heardAt(minutes(20)) },
    ],
    ['an answer that nobody waits for', hearing, { is: 'told' }, minutes(1), 'hearing', null],
  ]
  for (const [what, phase, event, after, to, act, more = {}] of rows) {
    const { rank = 0, listening = 0, heard: last = heardAt(0) } = more
    const state: AlarmState = { heard: last, listeningSince: at(listening - hours(1)), phase }
    const from = listening === 0 ? state : { ...state, listeningSince: at(listening) }
    const step = decideAlarm(from, event, { params: { ...PARAMS, rank }, now: at(after) })
    t.match({ to: step.state.phase.is, act: step.act?.do ?? null }, { to, act }, what)
  }

  t.test('waits longer after each try, and an hour at most', async (t) => {
    let state: AlarmState = { heard: heardAt(0), listeningSince: START, phase: silent }
    let now = at(minutes(10))
    const waits: number[] = []
    for (let i = 0; i < 12; i++) {
      const on = { params: PARAMS, now }
      const tried = decideAlarm(state, LOOK, on)
      t.equal(tried.act?.do, 'tell-silent')
      state = decideAlarm(tried.state, { is: 'failed' }, on).state
      const { phase } = state
      if (phase.is !== 'raising') return t.fail(phase.is)
      waits.push((phase.notBefore - now) / 1000)
      now = phase.notBefore
    }
    t.same(waits, [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600])
  })
})

t.test('the watch on the disk', async (t) => {
  const through = (phase: AlarmPhase, boot: string, heard = heardAt(0)): AlarmState =>
    resumed(JSON.parse(JSON.stringify(recordOf({ heard, listeningSince: START, phase }, 'boot-1'))), {
      boot,
      now: at(hours(2)),
    })
  const began = listeningFrom(at(hours(2)))
  t.same(through(hearing, 'boot-1'), began, 'while it was heard nothing was written: it begins anew')
  t.same(through(silent, 'boot-1'), { ...began, heard: heardAt(0), phase: silent }, 'a silence goes on')
  t.same(through(told(), 'boot-1').phase, told(), 'what was told is not told again')
  t.match(
    through(silent, 'boot-2'),
    { heard: { mono: at(hours(2)), wall: heardAt(0).wall, exact: false }, phase: { is: 'hearing' } },
    'in another boot silence counts anew, and what it said of the time is known',
  )
  t.match(
    through(ending(), 'boot-1').heard,
    { mono: at(hours(2)), exact: false },
    'while people are to hear of its end it is heard, too',
  )
  t.match(
    through(told(), 'boot-2').phase,
    { is: 'told', at: at(hours(2)), alarm: { id: 'A', lastHeard: { mono: at(hours(2)), exact: false } } },
    'and what was told stays told',
  )
  for (const rubbish of [
    null,
    7,
    {},
    { boot: 'boot-1' },
    { boot: 'boot-1', heard: heardAt(0), phase: { is: 'told' } },
  ])
    t.same(resumed(rubbish, { boot: 'boot-1', now: at(hours(2)) }), began, 'rubbish counts for nothing')

  t.test('how long it was gone is known over a boot by what it said of the time', async (t) => {
    const { state } = decideAlarm(
      through(told(), 'boot-2'),
      { is: 'heard', by: { mono: monoMs(5000), wall: wallMs(WALL + hours(9)), exact: true } },
      { params: PARAMS, now: monoMs(5000) },
    )
    t.match(state.phase, { is: 'ending', goneMs: hours(9) })
  })
})

t.test('what proves that the coordinator lives', async (t) => {
  const sign: SignOfLife = { state: 'online', epoch: 5, epochMs: 9000, at: '', retained: false }
  const rows: [what: string, sign: object, newest: object | null, alive: boolean][] = [
    ['a first word', {}, null, true],
    ['a later one', {}, { epoch: 5, epochMs: 8999 }, true],
    ['one of a next reign', { epochMs: 0 }, { epoch: 4, epochMs: 99_999 }, true],
    ['the same again', {}, { epoch: 5, epochMs: 9000 }, false],
    ['an old one again', {}, { epoch: 5, epochMs: 10_000 }, false],
    ['one of a reign that has ended', { epoch: 4, epochMs: 99_999 }, { epoch: 5, epochMs: 1 }, false],
    ['what the broker had kept', { retained: true }, null, false],
    ['its last will', { state: 'offline' }, null, false],
  ]
  for (const [what, more, newest, alive] of rows)
    t.equal(isAlive({ ...sign, ...more }, newest as never), alive, what)
  t.equal(causeOf({ lost: 'ECONNREFUSED', said: null }), 'no-broker')
  t.equal(causeOf({ lost: null, said: 'offline' }), 'coordinator-offline')
  t.equal(causeOf({ lost: null, said: 'online' }), 'coordinator-mute')
  t.equal(causeOf({ lost: null, said: null }), 'coordinator-mute')
})

t.test('what people read', async (t) => {
  const usual: Situation = {
    cause: 'no-broker',
    detail: 'connect ECONNREFUSED 10.10.0.12:8883',
    lastHeard: heardAt(0),
    silentFor: minutes(12),
    rank: 0,
    told: 0,
    tries: 1,
  }
  const rows: [text: string, more: Partial<Situation>][] = [
    [
      'rpi4-2 cannot reach the broker (connect ECONNREFUSED 10.10.0.12:8883), and so not the coordinator. It was heard last 12 min ago, at 2026-11-28 23:01 UTC.',
      {},
    ],
    [
      'The broker answers rpi4-2 and says that the coordinator is gone. It was heard last 12 min ago, at 2026-11-28 23:01 UTC. Possibly a duplicate: another agent was to tell this first.',
      { cause: 'coordinator-offline', detail: null, rank: 1 },
    ],
    [
      'Still so: The broker answers rpi4-2, but nothing comes from the coordinator. It was heard last 6 h ago, at 2026-11-28 23:01 UTC.',
      { cause: 'coordinator-mute', detail: null, told: 1, silentFor: hours(6) },
    ],
    [
      'rpi4-2 cannot reach the broker (no reason known), and so not the coordinator. It was not heard since this agent was started 12 min ago. It was tried before and may have arrived.',
      { detail: null, lastHeard: { mono: START, wall: null, exact: false }, tries: 2 },
    ],
    [
      'rpi4-2 cannot reach the broker (x), and so not the coordinator. It was not heard since this agent was started 12 min ago; last before that, at 2026-11-28 23:01 UTC.',
      { detail: 'x', lastHeard: { ...heardAt(0), exact: false } },
    ],
  ]
  for (const [text, more] of rows) t.equal(silentText('rpi4-2', { ...usual, ...more }), text)
  t.equal(backText('rpi4-2', minutes(23)), 'rpi4-2 hears the coordinator again, after 23 min.')
  t.match(backText('rpi4-2', null), /how long it was silent is not known/)
  t.equal(
    withFailures('Gone.', ['ntfy: connect ENETUNREACH 192.0.2.1:443', 'webhook: a.example answers HTTP 500']),
    'Gone. Not told by ntfy: connect ENETUNREACH 192.0.2.1:443; nor by webhook: a.example answers HTTP 500.',
  )

  const event: AlarmEvent = {
    alarm: '01JD0000000000000000000000',
    step: 'raised',
    cause: 'no-broker',
    rank: 1,
    channel: 'sms',
    silentMs: 720_000,
    failures: ['ntfy: connect ENETUNREACH 192.0.2.1:443'],
  }
  const said: [string, Partial<AlarmEvent>][] = [
    [
      'alarm raised by sms after 12 min of silence: it could not reach the broker, possibly a duplicate (rank 1); not by ntfy: connect ENETUNREACH 192.0.2.1:443 (01JD0000000000000000000000)',
      {},
    ],
    [
      'alarm ended by ntfy: we were heard again after 12 min (01JD0000000000000000000000)',
      { step: 'ended', channel: 'ntfy', failures: [] },
    ],
    [
      'alarm told to nobody: we were heard again; not by ntfy: x (01JD0000000000000000000000)',
      { step: 'untold', channel: null, silentMs: null, failures: ['ntfy: x'] },
    ],
  ]
  for (const [text, more] of said) t.equal(alarmWords({ ...event, ...more }), text)
})

/** Numbers from 0 to 1 that a seed gives again. */
const seeded = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

type Act = NonNullable<AlarmStep['act']>

/** A machine's life: it is heard or not, sleeps, is restarted and booted, and its channels work or not. */
const liveOn = (seed: number) => {
  const chance = seeded(seed)
  const params = { ...PARAMS, rank: Math.floor(chance() * 3) }
  const beat = seconds(30)
  let now = monoMs(0)
  let boot = 0
  let state = listeningFrom(now)
  let disk = recordOf(state, 'boot-0')
  let word = 0
  const lived = {
    params,
    faults: [] as string[],
    told: new Map<string, number[]>(),
    /** The alarms that were told in each silence, by when it began. */
    silences: new Map<number, Set<string>>(),
    /** True time, which no boot begins anew. */
    clock: 0,
    heardAt: -Infinity,
    awakeSince: 0,
  }
  const pass = (ms: number): void => {
    now = later(now, ms as DurationMs)
    lived.clock += ms
  }
  const happened = (event: AlarmHappening): Act | null => {
    const was = state.phase
    const step = decideAlarm(state, event, { params, now })
    state = step.state
    if (isWorthNoting(was, state.phase))
      disk = JSON.parse(JSON.stringify(recordOf(state, `boot-${boot}`))) as typeof disk
    return step.act
  }
  const note = (act: Act, taken: boolean): void => {
    const silence = lived.clock - lived.heardAt
    if (act.do === 'tell-silent' && silence < params.after)
      lived.faults.push(`alarm ${act.alarm.id} after ${silence} ms of silence`)
    if (act.do === 'tell-silent' && lived.clock - lived.awakeSince < minutes(3))
      lived.faults.push(`alarm ${act.alarm.id} just after waking up`)
    if (act.do !== 'tell-silent' || !taken) return
    lived.told.set(act.alarm.id, [...(lived.told.get(act.alarm.id) ?? []), lived.clock])
    const alarms = lived.silences.get(lived.heardAt) ?? new Set()
    lived.silences.set(lived.heardAt, alarms.add(act.alarm.id))
  }
  const self = {
    lived,
    chance,
    phase: () => state.phase.is,
    hear(): void {
      lived.heardAt = lived.clock
      happened({ is: 'heard', by: { mono: now, wall: wallMs(++word), exact: true } })
    },
    beat(works: boolean): void {
      pass(beat)
      for (let i = 0; i < 3; i++) {
        const id = `${lived.clock}-${i}`
        const act = happened({ is: 'look', id, cause: 'no-broker' })
        if (!act) return
        note(act, works)
        if (act.do !== 'give-up') happened({ is: works ? 'told' : 'failed' })
      }
    },
    sleep(ms: number): void {
      pass(ms)
      lived.awakeSince = lived.clock
      happened({ is: 'woke' })
    },
    restart(newBoot: boolean, ms: number): void {
      pass(ms)
      if (newBoot) {
        boot++
        now = monoMs(20_000)
      }
      lived.awakeSince = lived.clock
      state = resumed(disk, { boot: `boot-${boot}`, now })
    },
  }
  return self
}

t.test('whatever happens, one silence is told once, and a coordinator that is heard never', async (t) => {
  const first = Number(process.env['ALARM_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`ALARM_SEED=${first}`)
  for (let seed = first; seed < first + 200; seed++) {
    const life = liveOn(seed)
    const { lived, chance } = life
    for (let i = 0; i < 60; i++) {
      const dice = chance()
      const beats = Math.floor(chance() * 60)
      const works = chance() < 0.7
      if (dice < 0.4) {
        for (let b = 0; b < beats; b++) {
          life.hear()
          life.beat(works)
        }
        life.hear()
      } else if (dice < 0.7) for (let b = 0; b < beats; b++) life.beat(works)
      else if (dice < 0.85) life.sleep(Math.floor(chance() * hours(5)) + minutes(2))
      else life.restart(chance() < 0.5, Math.floor(chance() * hours(1)))
    }
    const waits = hours(1) + lived.params.after + lived.params.rank * lived.params.stagger + minutes(4)
    for (let ms = 0; ms < waits; ms += seconds(30)) life.beat(true)
    t.same(lived.faults, [], `seed ${seed}`)
    if (life.phase() !== 'told') t.fail(`seed ${seed}: a silence that is told to nobody (${life.phase()})`)
    for (const [from, alarms] of lived.silences)
      if (alarms.size > 1) t.fail(`seed ${seed}: ${alarms.size} alarms for the silence from ${from} on`)
    for (const times of lived.told.values())
      for (const [n, time] of times.entries())
        if (n > 0 && time - (times[n - 1] ?? 0) < lived.params.repeat)
          t.fail(`seed ${seed}: repeated after ${time - (times[n - 1] ?? 0)} ms`)
  }
})

t.test('the configuration', async (t) => {
  const base = {
    site: 'home',
    node: 'rpi4-2',
    broker: { host: '127.0.0.1', port: 1883, secret: 's' },
    signingKeys: ['A'.repeat(43)],
    stateDir: 'state',
    modems: [{ id: 'mifi', driver: 'hilink', config: { address: '192.168.8.1' } }],
  }
  const files: Record<string, string> = {
    '/etc/ih/hook': 'https://hooks.example/T0P-S3CRET\n',
    '/etc/ih/token': 'tk_T0PS3CRET\n',
    '/etc/ih/no-url': 'T0P-S3CRET',
    '/etc/ih/two-lines': 'tk_T0P\nS3CRET',
  }
  const load = (alarm: object) =>
    loadAgentConfig('/etc/ih/agent.json', (path) => {
      const text = path === '/etc/ih/agent.json' ? JSON.stringify({ ...base, alarm }) : files[path]
      if (text === undefined) throw new Error('no such file')
      return text
    })
  const ntfy = { kind: 'ntfy', server: 'https://ntfy.example', topic: 'home' }
  const sms = { kind: 'sms', modem: 'mifi', to: ['+33612345678'] }
  t.match(
    load({
      rank: 1,
      channels: [{ ...ntfy, bearerFile: 'token' }, { kind: 'webhook', urlFile: '/etc/ih/hook' }, sms],
    }).alarm,
    {
      rank: 1,
      channels: [
        { ...ntfy, bearer: 'tk_T0PS3CRET' },
        { kind: 'webhook', url: 'https://hooks.example/T0P-S3CRET', bearer: null },
        sms,
      ],
    },
    'with its secrets',
  )
  const rows: [fault: RegExp, alarm: object][] = [
    [/\/alarm\/rank: missing/, { channels: [sms] }],
    [/\/alarm\/rank: -1 – expected an integer from 0 to 99/, { rank: -1, channels: [sms] }],
    [/\/alarm\/afterMs: 999/, { rank: 0, afterMs: 999, channels: [sms] }],
    [/\/alarm\/channels: \[\] – expected an array of at least 1 item/, { rank: 0, channels: [] }],
    [
      /\/alarm\/every: 5 – expected no such key; known here: rank, afterMs/,
      { rank: 0, every: 5, channels: [sms] },
    ],
    [
      /\/alarm\/channels\/0\/kind: "pager" – expected one of ntfy, webhook, sms/,
      { rank: 0, channels: [{ kind: 'pager' }] },
    ],
    [
      /\/alarm\/channels\/0\/topic: missing – expected a string: an ntfy topic/,
      { rank: 0, channels: [{ kind: 'ntfy', server: 'https://x' }] },
    ],
    [
      /\/alarm\/channels\/1\/url: "\(not shown\)" – expected urlFile: a file that holds/,
      { rank: 0, channels: [sms, { kind: 'webhook', urlFile: 'hook', url: 'https://x' }] },
    ],
    [
      /\/alarm\/channels\/0\/to\/0: "0612345678" – expected a string: a number as \+33612345678/,
      { rank: 0, channels: [{ ...sms, to: ['0612345678'] }] },
    ],
    [
      /\/alarm\/channels\/0\/to\/0: "\+0033612345678" – expected a string: a number/,
      { rank: 0, channels: [{ ...sms, to: ['+0033612345678'] }] },
    ],
    [
      /\/alarm\/channels\/0\/modem: "key" – expected one of mifi/,
      { rank: 0, channels: [{ ...sms, modem: 'key' }] },
    ],
    [
      /\/alarm\/channels\/0\/urlFile: "gone" – expected a file that can be read \(/,
      { rank: 0, channels: [{ kind: 'webhook', urlFile: 'gone' }] },
    ],
    [
      /\/alarm\/channels\/0\/urlFile: "\(an address\)" – expected an http/,
      { rank: 0, channels: [{ kind: 'webhook', urlFile: 'no-url' }] },
    ],
    [
      /\/alarm\/channels\/0\/bearerFile: "\(a token\)" – expected/,
      { rank: 0, channels: [{ ...ntfy, bearerFile: 'two-lines' }] },
    ],
  ]
  for (const [fault, alarm] of rows) {
    const error = t.throws(
      () => load(alarm),
      { code: 'config-invalid', message: fault },
      String(fault),
    ) as Error
    t.notMatch(error.message, /S3CRET/)
  }
})

t.test('short messages to several numbers', async (t) => {
  const notice: Notice = {
    site: 'home',
    node: 'rpi4-2',
    id: 'A',
    event: 'fired',
    title: 'home: the coordinator is silent',
    text: 'x',
    at: rfc3339(WALL),
    duplicate: false,
    repeat: false,
  }
  const NUMBERS = ['+33600000001', '+33600000002', '+33600000003', '+33600000004']
  /** Has the message told, by a modem that only some numbers can be reached by, each in its seconds; with when it was over. */
  const toldBy = async (reached: readonly string[]) => {
    const clock = fakeClock()
    const begun = clock.now().mono
    const sent: string[] = []
    const sendSms = async ({ to }: { readonly to: string }): Promise<void> => {
      const takes = reached.includes(to)
      await sleep(clock, seconds(takes ? 5 : 34))
      if (!takes) throw new InfraError('modem-refused', 'the network did not take it')
      sent.push(to)
    }
    const config = { kind: 'sms', modem: 'mifi', to: NUMBERS } as const
    let over = 0
    const telling = tell([sms(config, new Map([['mifi', { sendSms }]]))], notice, clock)
    void telling.then(() => (over = (clock.now().mono - begun) / 1000))
    await settle()
    await clock.advance(minutes(10))
    return { ...(await telling), over, sent }
  }
  t.match(await toldBy([NUMBERS[0]!]), { channel: 'sms', over: 5 }, 'the first has it, and that is enough')
  t.match(
    await toldBy(NUMBERS),
    { channel: 'sms', over: 5, sent: NUMBERS },
    'the others are written to as well',
  )
  t.match(await toldBy([NUMBERS[3]!]), { channel: 'sms', over: 107 }, 'the last has it')
  t.match(await toldBy([]), { channel: null, failures: [/^sms: the network did not take it/], over: 136 })
})

/** A whole agent on a simulated machine, whose broker and channels are this test's. */
const agentOn = async ({ disk = fakeDisk(), clock = fakeClock(), boot = 'boot-1' } = {}) => {
  const posted: { url: string; authorization: unknown; body: Record<string, unknown> }[] = []
  const short: { to: string; text: string }[] = []
  const said: { topic: string; message: { body?: Record<string, unknown> } }[] = []
  const logged: string[] = []
  const dialled: WireOptions[] = []
  const works = { http: true, sms: true, broker: true, portal: false }
  const key = macKeyOfSecret('s', { site: 'home', node: 'rpi4-2' })
  const http: HttpClient = async ({ url, headers, body }) => {
    posted.push({ url, authorization: headers?.['authorization'], body: JSON.parse(body ?? '{}') as never })
    if (!works.http) throw new InfraError('http-failed', 'connect ENETUNREACH 192.0.2.1:443')
    return { status: 200, headers: {}, body: works.portal ? '\n<!doctype html><p>Sign in' : '' }
  }
  const machine: SimulatedMachine = machineOf(TOPOLOGY, TOPOLOGY.hosts[1] as never)
  const agent = createAgent({
    site: 'home',
    node: 'rpi4-2',
    version: '0',
    mode: 'read-only',
    cadence: minutes(5),
    keeps: () => false,
    sms: null,
    canTether: false,
    advertised: null,
    sys: simulatedSys({ machine, clock, boot, disk: disk.mount(), http }),
    collectors: [],
    modems: [
      {
        id: 'mifi',
        driver: 'toy',
        address: '',
        modem: {
          read: async () => ({ state: MODEM, numbers: {} }),
          async sendSms(message) {
            if (!works.sms) throw new InfraError('modem-refused', 'no network')
            short.push(message)
          },
        },
      },
    ],
    pace: { calm: hours(1), alarmed: hours(1) },
    powerCycled: new Set(),
    wire(options) {
      dialled.push(options)
      if (works.broker) setImmediate(options.onOpen)
      else setImmediate(() => options.onEnd('connect ECONNREFUSED 10.10.0.12:8883'))
      return {
        publish: (topic, payload) => void said.push({ topic, message: JSON.parse(payload) as never }),
        close: async () => {},
      }
    },
    trust: { macKey: key, signingKeys: [] },
    certificate: null,
    alarm: {
      rank: 0,
      channels: [
        { kind: 'ntfy', server: 'https://ntfy.example', topic: 'home', bearer: 'tk_T0PS3CRET' },
        { kind: 'webhook', url: 'https://hooks.example/T0P-S3CRET', bearer: null },
        { kind: 'sms', modem: 'mifi', to: ['+33612345678'] },
      ],
    },
    newId: ulidFactory(() => [1, logged.length]),
    jitter: () => 1,
    log: (...line) => logged.push(JSON.stringify(line)),
  })
  await agent.start()
  await settle()
  /** The coordinator acknowledges something. */
  const hear = (epochMs: number, retained = false): void => {
    const topic = 'ih/1/rpi4-2/ack'
    const at = rfc3339(clock.now().wall)
    const ack = {
      v: 1,
      site: 'home',
      node: 'rpi4-2',
      epoch: 1,
      epochMs,
      at,
      boot,
      session: 1,
      upTo: 0,
      above: [],
    }
    dialled.at(-1)?.onMessage(topic, Buffer.from(withMac(key, topic, JSON.stringify(ack))), retained)
  }
  return {
    agent,
    clock,
    disk,
    posted,
    short,
    said,
    logged,
    works,
    hear,
    lose() {
      works.broker = false
      dialled.at(-1)?.onEnd('the broker fell silent')
    },
    alarms: () =>
      said.filter(({ topic }) => topic.endsWith('event/alarm')).map(({ message }) => message.body),
  }
}

t.test('an agent whose coordinator and broker die together', async (t) => {
  const one = await agentOn()
  for (let minute = 0; minute < 30; minute++) {
    one.hear(minute * 60_000)
    await one.clock.advance(minutes(1))
  }
  t.same([one.posted, one.short], [[], []], 'says nothing while it hears the coordinator')
  t.equal(one.disk.files.get('alarm.json'), undefined, 'and writes nothing')

  one.lose()
  one.works.http = false
  await one.clock.advance(minutes(8.4))
  t.same([one.posted, one.short], [[], []], 'waits before it calls this silence one')
  await one.clock.advance(minutes(1))
  t.same(
    one.posted.map(({ url, authorization }) => [url, authorization]),
    [
      ['https://ntfy.example', 'Bearer tk_T0PS3CRET'],
      ['https://hooks.example/T0P-S3CRET', undefined],
    ],
    'tries its channels in order',
  )
  t.equal(one.short.length, 1)
  const [{ to, text } = { to: '', text: '' }] = one.short
  t.equal(to, '+33612345678')
  t.match(
    text,
    /^home: the coordinator is silent\. rpi4-2 cannot reach the broker \(connect ECONNREFUSED 10\.10\.0\.12:8883\)/,
  )
  t.match(
    text,
    /It was heard last 10 min ago, at 2026-11-01 00:29 UTC\. Not told by ntfy: connect ENETUNREACH/,
  )
  const id = /\(alarm ([0-9A-Z]{26})\)$/.exec(text)?.[1]
  t.ok(id, 'with its id')
  await one.clock.advance(hours(5))
  t.equal(one.short.length, 1, 'once')
  await one.agent.stop()

  const two = await agentOn({ disk: one.disk, clock: one.clock })
  two.lose()
  await two.clock.advance(minutes(50))
  t.same([two.posted, two.short], [[], []], 'not again after a restart')
  await two.clock.advance(minutes(20))
  t.match(
    two.posted,
    [
      {
        url: 'https://ntfy.example',
        body: { message: /^Still so: .*It was heard last 6 h ago/, priority: 5 },
      },
    ],
    'but every six hours',
  )

  two.works.broker = true
  await two.clock.advance(minutes(2))
  t.equal(two.posted.length, 1)
  two.hear(1_800_000, true)
  await two.clock.advance(minutes(1))
  t.equal(two.posted.length, 1, 'what the broker had kept proves nothing')
  two.hear(30_000_000)
  await two.clock.advance(minutes(1))
  t.match(two.posted[1]?.body, {
    title: 'home: the coordinator is back',
    message: /^rpi4-2 hears the coordinator again, after 6 h\. \(alarm /,
    priority: 3,
  })
  t.match(two.posted[1]?.body['message'], id, 'of the same alarm')
  t.match(
    two.alarms(),
    [{ step: 'ended', channel: 'ntfy', alarm: id, cause: 'no-broker', silentMs: Number }],
    'the coordinator is told of it',
  )
  const kept = Buffer.concat([...one.disk.files.values()]).toString('latin1')
  for (const step of ['raised', 'repeated'])
    t.match(kept, `"step":"${step}"`, `that it was ${step} waits for it in the outbox`)
  t.notMatch(JSON.stringify([one.logged, two.logged, one.said, two.said]), /S3CRET/, 'and no secret is')
  await two.agent.stop()
})

t.test('an agent behind the sign-in page of a network tells by the way that is left', async (t) => {
  const it = await agentOn()
  it.works.portal = true
  it.lose()
  await it.clock.advance(minutes(11))
  t.match(it.short, [{ text: /Not told by ntfy: ntfy.example answers with a web page; nor by webhook: hoo/ }])
  await it.agent.stop()
})

t.test('an agent that cannot tell anybody', async (t) => {
  const it = await agentOn()
  it.hear(1)
  it.works.http = false
  it.works.sms = false
  await it.clock.advance(minutes(11))
  t.equal(it.posted.length, 2 * 3, 'tries again, and waits longer each time')
  it.hear(2)
  await it.clock.advance(minutes(1))
  t.match(it.alarms(), [
    { step: 'untold', channel: null, cause: 'coordinator-mute', failures: { length: 3 } },
  ])
  await it.clock.advance(minutes(5))
  t.equal(it.posted.length, 2 * 3, 'and does not tell what is over')
  await it.agent.stop()
})
