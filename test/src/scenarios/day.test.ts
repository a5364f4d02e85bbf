// A whole day of a home in simulated time, from messages to notifications, against a committed journal.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { replay } from '@infra-home/coordinator/audit/replay.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { hours, seconds, wallMs } from '@infra-home/shared/clock.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { LINK, MODEM, type Voice, voice } from '../helpers/said.ts'
import { PARAMS, type SmallHouse, smallHouse } from '../helpers/small-house.ts'

const GOLDEN = join(import.meta.dirname, '../../fixtures/day/decisions.txt')
const RADIO = { rsrpDbm: -95, rsrqDb: -11, sinrDb: 9 }
const NO_RADIO = { rsrpDbm: null, rsrqDb: null, sinrDb: null }
const SAMPLE = seconds(10)

/** What happens, by the minute of the day at which it begins. */
type Turn = (home: Home) => void
type Home = {
  readonly house: SmallHouse
  readonly voices: Record<string, Voice>
  /** Nodes that speak at each sample. */
  readonly speaking: Set<string>
  radio: object
}

const DAY: readonly (readonly [at: string, what: string, turn: Turn])[] = [
  [
    '01:00',
    'the SIM is refused for four minutes',
    (home) => modem(home, { registration: 'denied', state: 'denied' }, NO_RADIO),
  ],
  ['01:04', 'it is taken again', (home) => modem(home, {}, RADIO)],
  ['03:12', 'the radio drops out for ten seconds, which is nothing', (home) => modem(home, {}, NO_RADIO)],
  ['03:12:10', 'and is back', (home) => modem(home, {}, RADIO)],
  [
    '06:30',
    'the line goes: no signal, and nobody can be told',
    (home) => {
      home.house.channel = 'down'
      modem(home, { registration: 'searching', state: 'searching' }, NO_RADIO)
    },
  ],
  [
    '07:45',
    'the line is back',
    (home) => {
      home.house.channel = 'up'
      modem(home, {}, RADIO)
    },
  ],
  ['10:00', 'a cable is pulled', (home) => link(home, false)],
  ['10:01', 'and put back', (home) => link(home, true)],
  [
    '12:00',
    'a phone is switched off',
    (home) => {
      home.speaking.delete('phone-1')
      home.house.hear(home.voices['phone-1']?.presence('lost') ?? ['', {}])
    },
  ],
  [
    '12:30',
    'and on again',
    (home) => {
      home.speaking.add('phone-1')
      home.house.hear(home.voices['phone-1']?.presence('ready', 2) ?? ['', {}])
    },
  ],
  [
    '15:00',
    'rpi4-1 hangs: nothing is known of the modem any more',
    (home) => void home.speaking.delete('rpi4-1'),
  ],
  ['15:20', 'it speaks again', (home) => void home.speaking.add('rpi4-1')],
  ['18:00', 'NTP moves the clock by an hour', (home) => home.house.clock.stepWall(hours(1))],
  ['18:10', 'and back', (home) => home.house.clock.stepWall(hours(-1))],
]

const modem = (home: Home, state: object, radio: object): void => {
  home.house.hear(home.voices['rpi4-1']?.state('modem', 'mifi', { ...MODEM, ...state }) ?? ['', {}])
  home.radio = radio
}
const link = (home: Home, carrier: boolean): void => {
  home.house.hear(
    home.voices['rpi4-2']?.state('link', 'eth0', {
      ...LINK,
      carrier,
      operState: carrier ? 'up' : 'down',
    }) ?? ['', {}],
  )
}

const minuteOf = (at: string): number => {
  const [hour = 0, minute = 0, second = 0] = at.split(':').map(Number)
  return hour * 3600 + minute * 60 + second
}

const liveThroughADay = async (): Promise<SmallHouse> => {
  const clock = fakeClock(wallMs(Date.UTC(2026, 10, 1)))
  const house = smallHouse({ clock })
  const names = ['rpi4-1', 'rpi4-2', 'rpi3a-ctl', 'phone-1', 'phone-2', 'phone-3']
  const home: Home = {
    house,
    voices: Object.fromEntries(names.map((name) => [name, voice(name, clock)])),
    speaking: new Set(names),
    radio: RADIO,
  }
  for (const self of Object.values(home.voices)) {
    house.hear(self.presence('ready'))
    house.hear(self.birth())
  }
  modem(home, {}, RADIO)
  link(home, true)
  const turns = [...DAY]
  for (let second = 0; second < 86_400; second += SAMPLE / 1000) {
    while (turns[0] && minuteOf(turns[0][0]) <= second) turns.shift()?.[2](home)
    for (const name of home.speaking) {
      const numbers = {
        'host/host': { load1: 0.1 },
        ...(name === 'rpi4-1' ? { 'modem/mifi': home.radio } : {}),
      }
      house.hear(home.voices[name]?.tm(numbers) ?? ['', {}])
    }
    await clock.advance(SAMPLE)
  }
  return house
}

/** One line a decision or a message that got through: what a person would want to read of the day. */
const storyOf = (house: SmallHouse): string =>
  house.journal
    .flatMap((entry) => {
      const at = new Date(entry.mono - 100_000).toISOString().slice(11, 19)
      if (entry.kind === 'step-finished')
        return [`${at}   → ${entry.body.outcome.ok ? 'told' : `not told: ${entry.body.outcome.error}`}`]
      if (entry.kind !== 'decision') return []
      const { body } = entry
      switch (body.policy) {
        case 'presence':
          return [`${at} ${body.node} ${body.from} → ${body.to} (${body.reason})`]
        case 'alerts':
          return [`${at} ${body.key} ${body.reason} (${body.cause}): ${body.text}`]
        case 'deliveries':
          return [
            `${at} tell ${body.channel} (${body.reason}, ${body.steps.flatMap((s) => (s.kind === 'notify' ? s.deliveries : [])).length})`,
          ]
        case 'wan':
          return [`${at} traffic ${body.from} → ${body.to} (${body.reason})`]
        case 'tether':
          return [`${at} ${body.node} ${body.uplink} ${body.stage} (${body.reason})`]
        case 'rebirth':
          return [`${at} ask ${body.node} (${body.reason})`]
      }
    })
    .join('\n') + '\n'

t.test('a day of a home', async (t) => {
  const house = await liveThroughADay()
  const story = storyOf(house)
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(GOLDEN)) writeFileSync(GOLDEN, story)
  t.test('is the day that is written down', async (t) => t.equal(story, readFileSync(GOLDEN, 'utf8')))
  t.test('gives the same decisions when its journal is replayed', async (t) => {
    const again = { ...emptyWorld('home', null), epoch: 1 }
    t.equal(replay(again, house.journal, PARAMS), null)
    t.same(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(house.world)))
  })
  t.test('leaves nothing on and nobody untold', async (t) => {
    t.same(house.world.alerts, {})
    t.same(
      Object.values(house.world.deliveries).filter(({ status }) => status !== 'sent'),
      [],
    )
    t.same(house.world.steps, {})
  })
  t.comment(`${house.journal.length} entries, ${house.told.length} messages to people`)
})
