import * as Type from 'typebox'
import { AlarmChannelName } from '@infra-home/shared/messages/alarm.ts'
import { Name } from '@infra-home/shared/names.ts'
import { PHONE_NUMBER_PATTERN } from '@infra-home/shared/sms/number.ts'

const strict = { additionalProperties: false } as const

/** A file and not the secret itself: configurations are shown around. */
const secretFile = (of: string) => Type.String({ minLength: 1, description: `a file that holds ${of}` })
const bearerFile = Type.Optional(secretFile('the bearer token'))

const NtfyConfig = Type.Object(
  {
    kind: Type.Literal('ntfy'),
    server: Type.String({ pattern: '^https?://.+', description: 'http:// or https:// URL' }),
    topic: Type.String({ pattern: '^[-_A-Za-z0-9]{1,64}$', description: 'an ntfy topic' }),
    bearerFile,
  },
  strict,
)
export type NtfyConfig = Type.Static<typeof NtfyConfig>

const WebhookConfig = Type.Object(
  { kind: Type.Literal('webhook'), urlFile: secretFile('an http:// or https:// URL'), bearerFile },
  strict,
)
export type WebhookConfig = Type.Static<typeof WebhookConfig>

const SmsConfig = Type.Object(
  {
    kind: Type.Literal('sms'),
    modem: Name,
    to: Type.Array(Type.String({ pattern: PHONE_NUMBER_PATTERN, description: 'a number as +33612345678' }), {
      minItems: 1,
      maxItems: 5,
    }),
  },
  strict,
)
export type SmsConfig = Type.Static<typeof SmsConfig>

/** Each kind of channel, and what it takes. */
export const CHANNEL_KINDS: { readonly [K in AlarmChannelName]: object } = {
  ntfy: NtfyConfig,
  webhook: WebhookConfig,
  sms: SmsConfig,
}

/** The rest goes by the kind, so that a fault is told of the one that is meant and not of all. */
const ChannelConfig = Type.Unsafe<NtfyConfig | WebhookConfig | SmsConfig>({
  type: 'object',
  required: ['kind'],
  properties: { kind: AlarmChannelName },
})
export type ChannelConfig = Type.Static<typeof ChannelConfig>

const MS = { minimum: 1000, maximum: 604_800_000 } as const

/** How this agent raises the alarm by itself when the coordinator falls silent. */
export const AlarmConfig = Type.Object(
  {
    rank: Type.Integer({
      minimum: 0,
      maximum: 99,
      description: 'whose turn it is: 0 at once, each next one staggerMs later',
    }),
    afterMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: 604_800_000,
        description:
          'the silence that is one; less than three minutes asks for a shorter heartbeatMs of the coordinator',
      }),
    ),
    staggerMs: Type.Optional(Type.Integer(MS)),
    repeatMs: Type.Optional(Type.Integer(MS)),
    channels: Type.Array(ChannelConfig, {
      minItems: 1,
      maxItems: 8,
      description: 'tried in this order until one takes it',
    }),
  },
  strict,
)
export type AlarmConfig = Type.Static<typeof AlarmConfig>
