import type { DurationMs } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { MacKey } from '@infra-home/shared/seal/mac.ts'
import type { PublicKeyText } from '@infra-home/shared/seal/signature.ts'
import type { LoadedAlarm } from './alarm/load-alarm.ts'
import type { Collector } from './collectors/collector.ts'
import type { CertificateMeans } from './identity/keep-certificate.ts'
import type { PolledModem, PollPace } from './modems/poll.ts'
import type { SmsAllowance } from './short-messages.ts'
import type { Sys } from './sys/sys.ts'
import type { WireMaker } from './sys/wire.ts'
import type { Advertised } from './wan/advertisement.ts'

/** All that an agent is made of, opened by whoever starts it. */
export type AgentOptions = {
  readonly site: string
  readonly node: string
  readonly version: string
  readonly mode: 'read-only' | 'full'
  readonly cadence: DurationMs
  /** Interfaces whose coming and going is looked at. */
  readonly keeps: (name: string) => boolean
  readonly sys: Sys
  readonly collectors: readonly Collector[]
  readonly modems: readonly PolledModem[]
  readonly pace?: PollPace
  /** Goes on looking for modems that nobody named; none unless given. */
  readonly findModems?: (onFound: (modem: PolledModem) => void) => { stop(): void }
  /** What may be spent on short messages; null: nothing. */
  readonly sms: SmsAllowance | null
  /** Uplinks whose power the owner lets this agent take away and give back. */
  readonly powerCycled: ReadonlySet<string>
  /** Where this router is advertised in the house over IPv6; null where the owner sees to that. */
  readonly advertised: Advertised | null
  /** Whether the owner wrote down how this phone lends its network. */
  readonly canTether: boolean
  readonly wire: WireMaker
  readonly trust: AgentTrust
  /** Null where there is none to keep. */
  readonly certificate: CertificateMeans | null
  /** How it raises the alarm by itself; null where others do. */
  readonly alarm: LoadedAlarm | null
  readonly newId: (wall: number) => string
  /** A fraction from 0 to 1. */
  readonly jitter: () => number
  readonly log: Log
}

/** What makes an agent's words its own, and whose words it obeys. */
export type AgentTrust = {
  readonly macKey: MacKey
  /** The coordinator's signing keys, as they were pinned at first. */
  readonly signingKeys: readonly PublicKeyText[]
}
