import type { DecodeFault } from '@infra-home/shared/messages/decode.ts'
import type { Crowding } from './crowding.ts'

/** Every reason for which something that arrived is not taken in. */
export type RejectReason =
  | DecodeFault
  | Crowding
  | 'forged-node'
  | 'no-mac'
  | 'wrong-mac'
  | 'other-site'
  | 'unknown-node'
  | 'duplicate'
  | 'old-session'
  | 'time-order'
  | 'time-ancient'
  | 'retained-rubbish'
  | 'backlog-nested'
  | 'backlog-empty'

/** Not faults: the same thing came again, which is what at-least-once means. */
export const HARMLESS: ReadonlySet<RejectReason> = new Set(['duplicate', 'old-session'])

export type Rejected = {
  readonly reason: RejectReason
  readonly detail: string
  readonly topic: string
  readonly node: string | null
}
