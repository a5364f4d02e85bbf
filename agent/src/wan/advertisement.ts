import { type CancelTimer, type Clock, type DurationMs, minutes, seconds } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { WishedNetwork } from '@infra-home/shared/messages/wan.ts'
import type { Sys } from '../sys/sys.ts'
import { sharedFile } from './shared-file.ts'

/** By interface of the house on which this machine advertises itself as a router: what radvd.conf(5) is to say there besides. */
export type Advertised = Readonly<Record<string, readonly string[]>>

const FILE = 'radvd.conf'

/**
 * What radvd(8) is to say in the house: its networks always, and that this is a way into the world only while it is one. Hosts that are told of a
 * lifetime of 0 take the router off their list at once (RFC 4861 §6.3.4), and keep their addresses. Pure.
 */
export const advertisementText = (
  advertised: Advertised,
  networks: readonly WishedNetwork[],
  isWayOut: boolean,
): string =>
  [
    `# by infra-home-agent: the uplink in use has ${isWayOut ? 'IPv6' : 'no IPv6'}`,
    ...Object.entries(advertised).flatMap(([device, words]) => {
      const prefixes = ipv6SubnetsAt(device, networks)
      return prefixes.length === 0 ? [] : interfaceLines(device, { prefixes, words, isWayOut })
    }),
    '',
  ].join('\n')

const interfaceLines = (
  device: string,
  {
    prefixes,
    words,
    isWayOut,
  }: { readonly prefixes: readonly string[]; readonly words: readonly string[]; readonly isWayOut: boolean },
): string[] => [
  `interface ${device} {`,
  '  AdvSendAdvert on;',
  ...(isWayOut ? [] : ['  AdvDefaultLifetime 0;']),
  ...prefixes.map((prefix) => `  prefix ${prefix} { };`),
  ...words.map((line) => `  ${line}`),
  '};',
]

const ipv6SubnetsAt = (device: string, networks: readonly WishedNetwork[]): string[] =>
  networks
    .filter((network) => network.interface === device)
    .flatMap(({ subnets }) => subnets.filter((subnet) => subnet.includes(':')))

/** A host without its way out sends nothing of its running flows, either: those that go on by another uplink get this long to end by themselves. */
const PATIENCE_WITH_FLOWS = minutes(10)
/** And those that are dead this long to be told so, when they send the next time. */
const TIME_TO_RESET = seconds(5)

/** Keeps radvd's file, where its owner wants that: hosts that are told of a way out that is none wait for nothing. */
export const keepAdvertisement = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'share'>
  /** Whether this process changes anything. */
  readonly isAble: boolean
  /** Null where the owner wants none. */
  readonly advertised: Advertised | null
  readonly networks: readonly WishedNetwork[]
  /** Whether IPv6 leads anywhere by the uplink in use, and whether flows over it may still live on another. */
  readonly ipv6: () => { readonly byActive: boolean; readonly byOther: boolean }
  readonly log: Log
}): { readonly follow: () => void; readonly stop: () => void } => {
  const { clock, isAble, advertised, networks, ipv6, log } = options
  const write = sharedFile(options, FILE, 'could not say whether this is a way out over IPv6')
  let isOut = false
  let waiting: { readonly patience: DurationMs; readonly cancel: CancelTimer } | null = null
  for (const device of Object.keys(advertised ?? {}))
    if (ipv6SubnetsAt(device, networks).length === 0)
      log('warn', 'no network of the house has IPv6 at an interface that is to advertise it', { device })

  const say = (isWay: boolean): void => {
    waiting?.cancel()
    waiting = null
    isOut = isWay
    write(advertisementText(advertised ?? {}, networks, isWay))
  }
  const withdrawAfter = (patience: DurationMs): void => {
    if (patience === waiting?.patience) return
    waiting?.cancel()
    waiting = { patience, cancel: clock.after(patience, () => say(false)) }
  }
  return {
    follow() {
      if (!isAble || !advertised) return
      const { byActive, byOther } = ipv6()
      if (byActive) say(true)
      else if (isOut) withdrawAfter(byOther ? PATIENCE_WITH_FLOWS : TIME_TO_RESET)
      else say(false)
    },
    stop: () => waiting?.cancel(),
  }
}
