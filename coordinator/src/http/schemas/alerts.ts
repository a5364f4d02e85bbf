import * as Type from 'typebox'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { Age, Name, orNull, Time } from './parts.ts'

/** An item of /alerts. */
export const Alert = Type.Object({
  id: Type.String(),
  state: literals('pending', 'firing', 'resolved'),
  stage: Type.String(),
  code: Type.String(),
  severity: literals('info', 'warning', 'critical'),
  node: Name,
  subject: Type.String(),
  cause: Type.String(),
  text: Type.String(),
  advice: orNull(Type.String()),
  since: Time,
  firedAt: orNull(Time),
  resolvedAt: orNull(Time),
  ageMs: Age,
  explainedBy: orNull(Type.String({ description: 'the alert because of which nobody was told of this one' })),
  acknowledged: orNull(Type.Object({ by: Type.String(), at: Time })),
  decision: Type.String({ description: 'the newest entry about it' }),
  evidence: Type.Array(Type.String()),
  notified: Type.Array(
    Type.Object({
      contact: Name,
      channel: orNull(Name),
      event: Type.String(),
      status: literals('due', 'sending', 'sent', 'gave-up', 'spared'),
      attempts: Type.Integer(),
      at: orNull(Time),
      answer: orNull(Type.String()),
    }),
  ),
})

/** What a channel answered to a test. */
export const Tested = Type.Object({
  channel: Name,
  ok: Type.Boolean(),
  answer: Type.String(),
  exchange: Type.Array(
    Type.String({ description: 'a line of ours behind `> `, of theirs behind `< `; secrets are left out' }),
  ),
  tookMs: Type.Number({ description: 'milliseconds' }),
})

/** An item of /silences; null matches everything. */
export const SilenceView = Type.Object({
  id: Type.String(),
  code: orNull(Type.String()),
  node: orNull(Type.String()),
  reason: Type.String(),
  by: Type.String(),
  from: Time,
  until: Time,
})

/** A silence that was just made. */
export const NewSilenceView = Type.Interface([SilenceView], {
  warnings: Type.Array(Type.String({ description: 'it may not do what was meant' })),
})
