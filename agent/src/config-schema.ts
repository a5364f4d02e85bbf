import * as Type from 'typebox'
import { AlarmConfig } from './alarm/alarm-config.ts'
import { Name } from '@infra-home/shared/names.ts'
import { PUBLIC_KEY_PATTERN } from '@infra-home/shared/seal/signature.ts'
import { PHONE_NUMBER_PATTERN } from '@infra-home/shared/sms/number.ts'
import { MOST_PER_DAY } from './short-messages.ts'

/** A 4G modem that this agent reads; `config` is the driver's own part. */
export const ModemConfig = Type.Object(
  {
    id: Name,
    driver: Type.String({ description: 'the name of a modem driver' }),
    config: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    passwordFile: Type.Optional(
      Type.String({ minLength: 1, description: 'a file that holds the modem’s password' }),
    ),
    pinFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'a file that holds the PIN of the modem’s SIM card: it is given when the card wants it',
      }),
    ),
  },
  { additionalProperties: false },
)

const tetherProgram = (does: string) =>
  Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    maxItems: 16,
    description: `a program with its whole path, and its arguments, that ${does}`,
  })

export type ModemConfig = Type.Static<typeof ModemConfig>

export const AgentConfig = Type.Object(
  {
    site: Name,
    node: Name,
    broker: Type.Object(
      {
        host: Type.String({ minLength: 1 }),
        port: Type.Integer({ minimum: 1, maximum: 65535 }),
        secret: Type.Optional(Type.String({ minLength: 1 })),
        tls: Type.Optional(
          Type.Boolean({
            description: 'MQTT over TLS with the certificate that this device was enrolled with',
          }),
        ),
        secretFile: Type.Optional(Type.String({ minLength: 1, description: 'a file that holds the secret' })),
      },
      { additionalProperties: false },
    ),
    trust: Type.Optional(
      Type.String({ minLength: 1, description: 'the folder of the key and what it was given' }),
    ),
    signingKeys: Type.Optional(
      Type.Array(
        Type.String({ pattern: PUBLIC_KEY_PATTERN, description: 'a public key of the coordinator' }),
        {
          minItems: 1,
          maxItems: 8,
          description: 'whose commands are obeyed; with tls it stands in the trust folder',
        },
      ),
    ),
    stateDir: Type.String({ minLength: 1, description: 'a folder that outlives the agent' }),
    mode: Type.Optional(Type.Enum(['read-only', 'full'])),
    cadenceMs: Type.Optional(Type.Integer({ minimum: 1000, maximum: 3_600_000 })),
    modems: Type.Optional(Type.Array(ModemConfig, { maxItems: 16 })),
    detectModems: Type.Optional(
      Type.Boolean({
        description:
          'look for modems at this machine and its gateways, by one question a host a minute and never with a password, and read those that are sure',
      }),
    ),
    modemPollMs: Type.Optional(
      Type.Object(
        {
          calm: Type.Optional(Type.Integer({ minimum: 1000, maximum: 3_600_000 })),
          alarmed: Type.Optional(Type.Integer({ minimum: 1000, maximum: 3_600_000 })),
        },
        { additionalProperties: false },
      ),
    ),
    sms: Type.Optional(
      Type.Object(
        {
          to: Type.Optional(
            Type.Array(Type.String({ pattern: PHONE_NUMBER_PATTERN, description: 'as in +33612345678' }), {
              minItems: 1,
              maxItems: 16,
              description: 'the only numbers that are written to; any unless set',
            }),
          ),
          maxPerDay: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: MOST_PER_DAY,
              description: 'short messages in 24 hours; 30 unless set',
            }),
          ),
        },
        {
          additionalProperties: false,
          description: 'lets the coordinator send short messages by this agent’s modems',
        },
      ),
    ),
    powerCycle: Type.Optional(
      Type.Record(
        Name,
        Type.Array(Type.String({ minLength: 1 }), {
          minItems: 1,
          maxItems: 16,
          description:
            'a program with its whole path, and its arguments, that takes an uplink’s power away and gives it back',
        }),
        { additionalProperties: false },
      ),
    ),
    advertise: Type.Optional(
      Type.Record(
        Type.String({
          pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$',
          description: 'an interface of the house',
        }),
        Type.Array(
          Type.String({
            pattern: '^[ -~]{1,256}$',
            description: 'a line of radvd.conf(5) for this interface, such as RDNSS fd00:10::1 { };',
          }),
          { maxItems: 32 },
        ),
        {
          maxProperties: 64,
          additionalProperties: false,
          description:
            'where this router is advertised over IPv6: keeps radvd.conf in the runtime folder, without a default route while the uplink in use has no IPv6',
        },
      ),
    ),
    tether: Type.Optional(
      Type.Object(
        { on: tetherProgram('lends this phone’s network'), off: tetherProgram('puts it away') },
        { additionalProperties: false },
      ),
    ),
    alarm: Type.Optional(AlarmConfig),
    ignoreInterfaces: Type.Optional(
      Type.Array(Type.String({ minLength: 1, description: 'an interface name; a * stands for any letters' })),
    ),
    log: Type.Optional(Type.Enum(['debug', 'info', 'warn', 'error'])),
  },
  { additionalProperties: false },
)
export type AgentConfig = Type.Static<typeof AgentConfig>
