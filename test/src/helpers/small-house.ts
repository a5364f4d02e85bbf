import type { Channel, Notification } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { createIngest } from '@infra-home/coordinator/ingest/ingest.ts'
import type { Rejected } from '@infra-home/coordinator/ingest/rejected.ts'
import type { Params } from '@infra-home/coordinator/decide/policy.ts'
import { perform, resumeSteps } from '@infra-home/coordinator/act/act.ts'
import { createCommander } from '@infra-home/coordinator/act/commander.ts'
import { createMind, type Mind } from '@infra-home/coordinator/mind.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import { emptyWorld, type World } from '@infra-home/coordinator/world/world.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'
import { voice } from './said.ts'
import { testTrust } from './test-trust.ts'

type ChannelState = 'up' | 'down' | 'refusing'

export type SmallHouse = {
  readonly clock: FakeClock
  readonly world: World
  readonly mind: Mind
  readonly journal: Entry[]
  readonly rejected: Rejected[]
  readonly published: { topic: string; payload: string }[]
  readonly told: Notification[]
  /** The same, by channel, and what was tried for nothing. */
  readonly calls: {
    readonly channel: string
    readonly answer: ChannelState
    readonly titles: readonly string[]
  }[]
  /** What the channel `phone` answers from now on. */
  channel: ChannelState
  /** What the others answer; `up` unless it is said. */
  readonly others: Record<string, ChannelState>
  /** A message arrives, as bytes, through ingest. */
  hear(
    message: readonly [topic: string, value: unknown],
    arrival?: { retained?: boolean; client?: string | null },
  ): void
  /** A message of a node as it would put it on the line. */
  sealed(topic: string, message: object): string
  hearBytes(topic: string, payload: Uint8Array): void
  decisions(): string[]
  /** What a coordinator does first with a world that another one left. */
  resume(): void
}

/** Ingest, world, decisions and actions of a coordinator with a fake clock, a channel or a few, no disk and no broker. */
export const smallHouse = (
  options: {
    world?: World
    clock?: FakeClock
    params?: Params
    channels?: readonly (string | Channel)[]
    phone?: Channel
  } = {},
): SmallHouse => {
  const clock = options.clock ?? fakeClock()
  const world = options.world ?? { ...emptyWorld('home', null), epoch: 1 }
  const house = { channel: 'up' as SmallHouse['channel'] }
  const told: Notification[] = []
  const published: SmallHouse['published'] = []
  const journal: Entry[] = []
  const rejected: Rejected[] = []
  const trust = testTrust(world.site)
  const calls: SmallHouse['calls'] = []
  const others: SmallHouse['others'] = {}
  const channelNamed = (name: string): Channel => ({
    name,
    async send(notification) {
      const answer = name === 'phone' ? house.channel : (others[name] ?? 'up')
      calls.push({ channel: name, answer, titles: notification.items.map(({ title }) => title) })
      if (answer === 'down')
        throw new InfraError('delivery-failed', `${name}: no route`, { context: { retryable: true } })
      if (answer === 'refusing')
        throw new InfraError('delivery-failed', `${name}: HTTP 403`, { context: { retryable: false } })
      told.push(notification)
      return { answer: 'HTTP 200', exchange: '' }
    },
  })
  const publish = async (topic: string, payload: string): Promise<void> =>
    void published.push({ topic, payload })
  const { sign } = trust.signing
  const commander = createCommander({ world, clock, sign, publish, kept: async () => {} })
  const means = {
    world,
    clock,
    command: commander.command,
    sign,
    publish,
    channels: new Map([
      ['phone', options.phone ?? channelNamed('phone')],
      ...(options.channels ?? [])
        .map((one) => (typeof one === 'string' ? channelNamed(one) : one))
        .map((channel): [string, Channel] => [channel.name, channel]),
    ]),
    written: async () => {},
  }
  const reign = 1 + world.position // its ids are none of another one’s
  let chance = 0
  const mind: Mind = createMind({
    world,
    params: options.params ?? PARAMS,
    clock,
    newId: ulidFactory(() => [reign, ++chance]),
    record: (entry) => journal.push(structuredClone(entry)),
    act: (step, id, decidedBy) => void perform({ step, id, decidedBy }, means, (draft) => mind.take(draft)),
  })
  const ingest = createIngest({
    world,
    now: () => clock.now(),
    knows: (node) => node !== 'stranger',
    macKeyOf: trust.macKeyOf,
    accept: (draft) => void mind.take(draft),
    repeated() {},
    reject: (r) => rejected.push(r),
  })
  return Object.assign(house, {
    clock,
    world,
    mind,
    journal,
    rejected,
    published,
    told,
    calls,
    others,
    hear(
      [topic, value]: readonly [string, unknown],
      { retained = false, client = null }: { retained?: boolean; client?: string | null } = {},
    ) {
      const sealed =
        value !== null && typeof value === 'object' && !Array.isArray(value)
          ? trust.sealed(topic, value)
          : JSON.stringify(value)
      ingest({ topic, payload: Buffer.from(sealed), retained, client })
    },
    sealed: trust.sealed,
    hearBytes: (topic: string, payload: Uint8Array) =>
      ingest({ topic, payload, retained: false, client: null }),
    decisions: () =>
      journal.flatMap((entry) =>
        entry.kind === 'decision' ? [`${entry.body.policy} ${entry.body.reason}`] : [],
      ),
    resume() {
      resumeSteps(means, (draft) => mind.take(draft))
      mind.wake()
    },
  })
}

export const PARAMS = paramsOf({ channels: [{ name: 'phone', kind: 'webhook' }] })

export type Told = 'critical' | 'warning' | 'info'

/** Has the house tell something that is no alert. */
export const tell = (
  house: SmallHouse,
  title: string,
  to: { severity: Told; contacts: readonly string[] },
): void => {
  const about = to.severity === 'info' ? 'digest' : 'deposed'
  house.mind.take({ kind: 'request', body: { request: 'tell', about, title, text: '', by: 'me', ...to } })
}

/** What a router says of an uplink of which nothing else is known. */
export const saidPath = (state: 'up' | 'down' | 'degraded' | 'unknown', cause: string | null = null) => ({
  state,
  cause,
  verdicts: { link: 'works', gateway: 'works', dns: 'works', tcp: 'works', http: 'works' },
  provenMono: null,
  interface: 'wan1',
  address: null,
  gateway: null,
  silence: null,
})

/** A router of whose only uplink somebody says how it is. */
export const routerOf = (house: SmallHouse, session = 1) => {
  const router = voice('rpi4-1', house.clock, { session })
  house.hear(router.birth())
  return (state: 'up' | 'down'): void =>
    house.hear(router.state('path', 'dsl', saidPath(state, state === 'up' ? null : 'carrier')))
}
