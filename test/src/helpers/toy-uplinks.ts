import type { Probes } from '@infra-home/agent/wan/probes.ts'
import type { UplinkWatch } from '@infra-home/agent/wan/uplink-watch.ts'
import { watchAll } from '@infra-home/agent/wan/watch-all.ts'
import { type Clock, milliseconds, monoMs, wallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { BYTES } from '@infra-home/shared/wan/pace.ts'

/** A clock that runs through days in seconds: promises are let run only when `isDirty` says that there may be some. */
const quickClock = (isDirty: () => boolean): Clock & { readonly runTo: (ms: number) => Promise<void> } => {
  let now = 0
  let order = 0
  const timers = new Map<number, { readonly at: number; readonly fn: () => void }>()
  const soonest = (): number | null => {
    let best: number | null = null
    for (const [id, { at }] of timers) if (best === null || at < (timers.get(best)?.at ?? 0)) best = id
    return best
  }
  return {
    now: () => ({ wall: wallMs(Date.UTC(2026, 10, 1) + now), mono: monoMs(now) }),
    after(delay, fn) {
      const id = order++
      timers.set(id, { at: now + Math.max(0, delay), fn })
      return () => timers.delete(id)
    },
    async runTo(ms) {
      for (let id = soonest(); id !== null; id = soonest()) {
        const { at, fn } = timers.get(id) ?? { at: Infinity, fn: () => {} }
        if (at > ms) break
        timers.delete(id)
        now = at
        fn()
        if (isDirty()) for (let i = 0; i < 12; i++) await Promise.resolve()
      }
      now = ms
    },
  }
}

/** What leaves for a question that nobody answers; a connection is asked for twice before we give it up (RFC 6298 §2). */
const SENT: typeof BYTES = {
  icmp: 28,
  dns: 64,
  'own-dns': 64,
  'public-dns': 64,
  tcp: 120,
  page: 64,
  'full-size': 1500,
  ipv6: 48,
}
const ROUND_TRIP = milliseconds(60)
const ADDRESSES: Readonly<Record<string, string>> = { mifi: '192.168.8.10', dsl: '192.168.1.10' }

/**
 * A router's watching of `mifi`, in use, and of `dsl`, which waits, in simulated time; every question is counted at IP level.
 * @param hurryModem told of the modem behind an uplink that is in doubt, which has its name
 */
export const toyUplinks = (hurryModem: (id: string) => void = () => {}) => {
  const bytes: Record<string, number> = { mifi: 0, dsl: 0 }
  const dead = new Set<string>()
  /** What is asked in vain over an uplink that lives otherwise, and who answers in place of the web; without TCP there are no pages. */
  const lacking: Record<string, keyof typeof BYTES | 'portal' | undefined> = {}
  /** When each had last proven its life, as it was told last. */
  const told: Record<string, number | null> = {}
  let isDirty = true
  const clock = quickClock(() => {
    const was = isDirty
    isDirty = false
    return was
  })
  const nameOf = (from: string): string => (from === ADDRESSES['mifi'] ? 'mifi' : 'dsl')
  const asked = <T>(what: keyof typeof BYTES, { from }: { readonly from: string }, answer: T): Promise<T> => {
    const id = nameOf(from)
    const isDead = dead.has(id) || lacking[id] === what || (lacking[id] === 'tcp' && what === 'page')
    bytes[id] = (bytes[id] ?? 0) + (isDead ? SENT : BYTES)[what]
    return new Promise((resolve, reject) =>
      clock.after(isDead ? milliseconds(3000) : ROUND_TRIP, () => {
        isDirty = true
        if (isDead) reject(new InfraError('probe-timeout', 'nothing'))
        else resolve(answer)
      }),
    )
  }
  const probe = (method: 'icmp' | 'dns' | 'tcp') => ({
    method,
    ask: (way: { readonly from: string }) => asked(method, way, 'works' as const),
  })
  const probes: Probes = {
    icmp: probe('icmp'),
    dns: probe('dns'),
    tcp: () => probe('tcp'),
    page: (way) =>
      asked('page', way, lacking[nameOf(way.from)] === 'portal' ? ('portal' as const) : ('works' as const)),
    fullSize: (way) => asked('full-size', way, 'works' as const),
  }
  const watches = new Map<string, UplinkWatch>()
  const uplinks = ['mifi', 'dsl'].map(
    (id) =>
      ({
        id,
        interface: id,
        modem: id,
        targets: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
        resolvers: ['203.0.113.53'],
        pages: [{ url: 'http://example.org/', status: 204 }],
        tcpPort: 443,
        dailyBytes: null,
      }) as unknown as WishedUplink,
  )
  watchAll(watches, {
    wish: { uplinks },
    clock,
    probes,
    unrest: () => null,
    hands: { active: () => 'mifi', isBound: () => true, ports: () => null },
    hurryModem,
    tell() {
      for (const [id, watch] of watches) told[id] = watch.path().provenMono
    },
  })
  for (const [id, watch] of watches) {
    const address = ADDRESSES[id] ?? ''
    const gateway = address.replace('.10', '.1')
    const subnet = address.replace('.10', '.0/24')
    watch.see({
      link: 'up',
      networks: [{ family: 'ipv4', address, subnet, gateway }],
      gateway: 'works',
      mtu: 1500,
    })
  }
  /** Has promises run at the next step of the clock: something was done beside it. */
  const stir = (): void => void (isDirty = true)
  return { clock, stir, bytes, dead, lacking, watches, told }
}
