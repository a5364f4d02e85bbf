import { type DurationMs, milliseconds, type MonoMs } from '../clock.ts'
import type { LayerVerdict } from './path.ts'

/** How a probe asks. Several, since each alone is refused somewhere. */
export type ProbeMethod = 'icmp' | 'dns' | 'tcp'

/** A probe that is on its way. */
export type Waiting = {
  readonly id: number
  readonly method: ProbeMethod
  readonly target: string
  readonly at: MonoMs
}

export type SilenceEvent =
  | { readonly kind: 'probe'; readonly id: number; readonly method: ProbeMethod; readonly target: string }
  /** From beyond the gateway; `rttMs` null when it is no measure of the round trip. */
  | { readonly kind: 'answer'; readonly id: number; readonly rttMs: number | null }
  | ({ readonly kind: 'traffic' } & TrafficSeen)
  /** Whether the modem behind it says that nothing can pass. */
  | { readonly kind: 'warning'; readonly isWarned: boolean }
  | { readonly kind: 'tick' }

/** Packets of users that went out, and that came back from beyond the gateway, since the last time. */
export type TrafficSeen = {
  readonly sent: number
  readonly received: number
  /** The last of those that came back was here by then. */
  readonly heardAt: MonoMs
  /** Packets that went out since, as the device counts them, with some of our own. */
  readonly sentSince: number
}

export type Silence = {
  /** Whether anything comes back from beyond the gateway. */
  readonly beyond: LayerVerdict
  /** `burst`: it may not; look closely, and at the others too. `wait`: it does not; ask now and then whether it is back. */
  readonly probing: 'calm' | 'burst' | 'wait'
  /** The last sign of life: an answer, or a packet for a user. */
  readonly provenAt: MonoMs | null
  /** The last packet for a user. */
  readonly receivedAt: MonoMs | null
  readonly waiting: readonly Waiting[]
  /** Of the last answers, newest last. */
  readonly rttsMs: readonly number[]
  /** Users' packets since the last sign of life, and since when; null for none. */
  readonly unanswered: {
    readonly since: MonoMs
    readonly packets: number
    readonly afterAnswers: boolean
  } | null
  /** How much longer than usual users may be kept waiting before we look: a one-way stream is never answered. */
  readonly patience: DurationMs
  /** The modem behind it says that nothing can pass: that is looked into sooner, and proves nothing. */
  readonly isWarned: boolean
  readonly tickedAt: MonoMs | null
  /** What it was given up for; null while it is not. */
  readonly givenUp: SilenceEvidence | null
}

/** What a path was given up for. */
export type SilenceEvidence = {
  /** How long nothing had come back, since users' packets or the first probe without an answer, and how long that is waited for here. */
  readonly quietMs: number
  readonly patienceMs: number
  /** Packets for users still came meanwhile: it is the probes alone that nobody answered. */
  readonly isReceiving: boolean
  /** Since the first of these probes. */
  readonly ms: number
  readonly probes: number
  readonly targets: number
  readonly methods: number
}

export const UNWATCHED: Silence = {
  beyond: 'unknown',
  probing: 'calm',
  provenAt: null,
  receivedAt: null,
  waiting: [],
  rttsMs: [],
  unanswered: null,
  patience: milliseconds(0),
  isWarned: false,
  tickedAt: null,
  givenUp: null,
}
