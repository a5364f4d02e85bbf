import type { Log } from '@infra-home/shared/log.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import { briefly } from '../briefly.ts'
import type { Reading } from '../collectors/collector.ts'
import type { Right } from '../commands/verbs.ts'
import type { Modem } from '../modems/modem.ts'
import type { Publisher } from '../publisher.ts'
import { FAMILIES } from '../router/families.ts'
import { readJson, writeJson } from '../small-file.ts'
import type { Sys } from '../sys/sys.ts'
import { turnstile } from '../turnstile.ts'
import type { Advertised } from './advertisement.ts'
import { openLinkBouncer } from './link-bouncer.ts'
import { lackOf } from './lack.ts'
import { openProbes } from './probes.ts'
import { type RunningWan, startWan } from './running-wan.ts'
import { numbered, type UplinkNumbers } from './uplink-numbers.ts'
import { newWanMemory } from './wan-memory.ts'

export type WanOptions = {
  readonly sys: Sys
  readonly publisher: Pick<Publisher, 'states' | 'numbers' | 'event'>
  readonly session: number
  readonly mode: 'read-only' | 'full'
  readonly rights: readonly Right[]
  readonly random: () => number
  readonly modems: ReadonlyMap<string, Modem>
  /** Has a modem read at once. */
  readonly hurryModem: (id: string) => void
  /** Uplinks whose power the owner lets us take away and give back. */
  readonly powerCycled: ReadonlySet<string>
  /** Where this router is advertised in the house over IPv6; null where the owner sees to that. */
  readonly advertised: Advertised | null
  readonly log: Log
}

/** The router in an agent: there is none until the coordinator wishes one. */
export type Wan = {
  wished(wish: WanWish | null): Promise<void>
  kernelChanged(): void
  heardLease(lease: LeaseMessage): void
  /** Moves traffic by a command. Null when it is done. */
  order(command: string, args: Readonly<Record<string, unknown>>): Promise<Refusal | null>
  /** What was seen of modems. */
  saw(readings: readonly Reading[]): void
  stop(): Promise<void>
}

export const NUMBERS_FILE = 'uplinks.json'
/** What is watched without a wish. */
const NOTHING = ''

export const openWan = (options: WanOptions): Wan => {
  const { sys, publisher, log } = options
  let running: RunningWan | null = null
  const links = openLinkBouncer(sys) // of all wishes: one may end while a link of it is down
  const memory = newWanMemory()
  let watched = NOTHING // a router that did not come about is begun anew by the next wish, whatever it is

  /** A disk that is full costs nobody his way out: until the next start they hold without it. */
  const keepNumbers = (numbers: UplinkNumbers): Promise<void> =>
    writeJson(sys.disk, NUMBERS_FILE, numbers).catch((error: unknown) =>
      log('error', 'could not keep the numbers of the uplinks', { error: briefly(error) }),
    )
  const start = async (wish: WanWish): Promise<void> => {
    const known = await readJson<UplinkNumbers>(sys.disk, NUMBERS_FILE, {})
    const numbers = numbered(
      known,
      wish.uplinks.map(({ id }) => id),
    )
    if (JSON.stringify(known) !== JSON.stringify(numbers)) await keepNumbers(numbers)
    const speaksIpv6 = (await sys.readText('/proc/net/if_inet6')) !== null
    const probes = await openProbes(sys, options.random)
    running = startWan(wish, {
      ...options,
      numbers,
      links,
      memory,
      families: speaksIpv6 ? FAMILIES : ['ipv4'],
      probes,
      lack: await lackOf(sys, probes),
    })
  }

  const follow = async (wish: WanWish | null): Promise<void> => {
    const { hold = null, override = null, ...rest } = wish ?? {}
    const asked = wish === null ? NOTHING : JSON.stringify(rest)
    if (asked === watched) return running?.wished({ hold, override })
    const old = running
    running = null
    watched = NOTHING
    old?.takeBack()
    await old?.stop()
    if (wish) await start(wish)
    else {
      publisher.states({ states: [], numbers: {}, whole: ['path', 'wan', 'usage'] })
      memory.meant = null
    }
    watched = asked
  }
  /** One wish after the other: each begins where the last has ended. */
  const inTurn = turnstile()

  return {
    wished: (wish) => inTurn(() => follow(wish)),
    kernelChanged: () => running?.kernelChanged(),
    heardLease: (lease) => running?.heardLease(lease),
    async order(command, { uplink, session, term, reason }) {
      if (typeof uplink !== 'string' || typeof reason !== 'string') return 'malformed'
      if (running?.knows(uplink) === false) return 'malformed'
      const done = running?.order({ command, by: 'coordinator', to: uplink, reason }, { session, term })
      if (!done) return 'older'
      return (await done).ok ? null : 'failed'
    },
    saw(readings) {
      for (const { states, numbers } of readings)
        for (const { kind, id, body } of states)
          if (kind === 'modem') running?.hearModem(id, body, numbers[`modem/${id}`] ?? {})
    },
    stop: () => inTurn(async () => running?.stop()),
  }
}
