// Agents that watch over the coordinator and tell people by themselves when it is silent.
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { recordOf, resumed } from '@infra-home/agent/alarm/alarm-record.ts'
import { type AlarmPhase, type AlarmState, type Heard, listeningFrom } from '@infra-home/agent/alarm/alarm-state.ts'
import {
  type AlarmHappening,
  type AlarmParams,
  type AlarmStep,
  decideAlarm,
} from '@infra-home/agent/alarm/decide-alarm.ts'
import { backText, silentText, withFailures, type Situation } from '@infra-home/agent/alarm/notice.ts'
import { causeOf, isAlive, type SignOfLife } from '@infra-home/agent/alarm/sign-of-life.ts'
import { loadAgentConfig } from '@infra-home/agent/config.ts'
import { alarmWords } from '@infra-home/coordinator/http/views/alarm-words.ts'
import {
  type DurationMs,
  hours,
  later,
  milliseconds,
  minutes,
  type MonoMs,
  monoMs,
  seconds,
  wallMs,
} from '@infra-home/shared/clock.ts'
import type { AlarmEvent } from '@infra-home/shared/messages/alarm.ts'

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
    ['its time has not come again', raising({ notBefore: at(minutes(12)) }), LOOK, minutes(11), 'raising', null],
    ['its time has come', raising({ notBefore: at(minutes(12)) }), LOOK, minutes(12), 'raising', 'tell-silent'],
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
    through(told(), 'boot-2').phase,
    { is: 'told', at: at(hours(2)), alarm: { id: 'A', lastHeard: { exact: false } } },
    'and what was told stays told',
  )
  for (const rubbish of [null, 7, {}, { boot: 'boot-1' }, { boot: 'boot-1', heard: heardAt(0), phase: { is: 'told' } }])
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
