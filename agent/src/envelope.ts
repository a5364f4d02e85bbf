import { type Clock, rfc3339 } from '@infra-home/shared/clock.ts'
import { type Envelope, LANGUAGE_VERSION } from '@infra-home/shared/messages/envelope.ts'

export type Identity = {
  readonly site: string
  readonly node: string
  readonly boot: string
  readonly session: number
}

/** The envelope of something that is seen now. `sentMono` is set again when the message leaves. */
export const sealEnvelope = (identity: Identity, clock: Clock, seq: number | null): Envelope => {
  const { wall, mono } = clock.now()
  const { site, node, boot, session } = identity
  const ms = Math.round(mono)
  return { v: LANGUAGE_VERSION, site, node, boot, session, seq, at: rfc3339(wall), mono: ms, sentMono: ms }
}
