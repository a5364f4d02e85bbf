import * as Type from 'typebox'
import { AlertingConfig, ChannelConfig, ContactConfig, DeadManConfig } from './alerts/alerting-config.ts'
import { REPAIR_STEPS } from '@infra-home/shared/wan/repair.ts'
import { Name, NAME_PATTERN } from '@infra-home/shared/names.ts'

const strict = { additionalProperties: false } as const
const Port = Type.Integer({ minimum: 0, maximum: 65535, description: '0 takes any free port' })
const Host = Type.String({ minLength: 1 })
const Cron = Type.String({ minLength: 9, description: 'five cron fields: minute hour day month weekday' })
const Ms = Type.Integer({ minimum: 1000, maximum: 86_400_000, description: 'milliseconds' })

const EmbeddedBroker = Type.Object(
  {
    kind: Type.Literal('embedded'),
    host: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'where plain MQTT listens: an address of this machine alone',
      }),
    ),
    port: Type.Optional(Port),
    tls: Type.Optional(
      Type.Object(
        { host: Host, port: Type.Optional(Port) },
        { ...strict, description: 'where devices connect with their certificates' },
      ),
    ),
  },
  strict,
)

const ExternalBroker = Type.Object(
  {
    kind: Type.Literal('external'),
    host: Host,
    port: Port,
    username: Type.Optional(Type.String({ minLength: 1, description: 'for a broker on this machine' })),
    passwordFile: Type.Optional(Type.String({ minLength: 1, description: 'a file that holds the password' })),
    tls: Type.Optional(
      Type.Object(
        {
          dynamicSecurity: Type.Optional(
            Type.Boolean({
              description: 'drive Mosquitto’s dynamic-security plugin; true unless you say no',
            }),
          ),
          revocationList: Type.Optional(
            Type.String({ minLength: 1, description: 'the file that is the broker’s crlfile' }),
          ),
          logFile: Type.Optional(
            Type.String({ minLength: 1, description: 'the broker’s log, from which refusals are counted' }),
          ),
        },
        { ...strict, description: 'MQTT over TLS, with our own certificate' },
      ),
    ),
  },
  strict,
)

/** Encrypted copies of the backups on other nodes. */
const BackupCopy = Type.Object(
  {
    to: Type.Array(Name, { minItems: 1, maxItems: 32, description: 'nodes, by name' }),
    recipient: Type.String({ minLength: 1, description: 'the public key that age-keygen prints: age1…' }),
    keep: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  strict,
)

/** Home Assistant hears the same broker and is told what there is. */
const HomeAssistant = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ description: 'true unless you say no' })),
    prefix: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]+$',
        maxLength: 64,
        description: 'its discovery prefix; homeassistant unless set',
      }),
    ),
  },
  strict,
)

export const CoordinatorConfig = Type.Object(
  {
    topology: Type.Optional(
      Type.String({ minLength: 1, description: 'path of topology.json; without one there is no plan' }),
    ),
    site: Type.Optional(
      Type.String({ pattern: NAME_PATTERN, description: 'the topology’s site unless set' }),
    ),
    stateDir: Type.String({ minLength: 1 }),
    broker: Type.Optional(Type.Union([EmbeddedBroker, ExternalBroker])),
    http: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Host),
          port: Type.Optional(Port),
          allowedHosts: Type.Optional(Type.Array(Host)),
          tls: Type.Optional(
            Type.Object(
              { certFile: Type.String({ minLength: 1 }), keyFile: Type.String({ minLength: 1 }) },
              { ...strict, description: 'a certificate (PEM, with its chain) to show instead of our own' },
            ),
          ),
          readNetworks: Type.Optional(
            Type.Array(
              Type.String({
                pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$',
                description: 'a network as address/prefix',
              }),
            ),
          ),
        },
        strict,
      ),
    ),
    insecureHttp: Type.Optional(
      Type.Boolean({ description: 'answer plain HTTP from other machines too: tokens pass in the clear' }),
    ),
    trust: Type.Optional(
      Type.Object(
        {
          certificateDays: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 3650, description: 'how long certificates live' }),
          ),
        },
        strict,
      ),
    ),
    channels: Type.Optional(Type.Array(ChannelConfig, { maxItems: 32 })),
    contacts: Type.Optional(Type.Array(ContactConfig, { maxItems: 32 })),
    alerting: Type.Optional(AlertingConfig),
    deadMan: Type.Optional(DeadManConfig),
    rulesFile: Type.Optional(
      Type.String({ minLength: 1, description: 'path of a file with rules of your own' }),
    ),
    rules: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
    wan: Type.Optional(
      Type.Object(
        {
          timeZone: Type.Optional(
            Type.String({
              minLength: 1,
              description: 'of the IANA database, as Europe/Paris; this machine’s unless set',
            }),
          ),
          badHours: Type.Optional(
            Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), {
              maxItems: 24,
              description: 'hours of the day in which nobody goes back to a better uplink',
            }),
          ),
          drift: Type.Optional(Type.Enum(['repair', 'report'])),
          repairs: Type.Optional(
            Type.Array(Type.Enum([...REPAIR_STEPS]), {
              maxItems: REPAIR_STEPS.length,
              description: 'what may be done to bring a dead uplink back; everything unless set',
            }),
          ),
        },
        strict,
      ),
    ),
    cadence: Type.Optional(Type.Object({ sampleMs: Ms, refreshMs: Ms }, strict)),
    heartbeatMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: 60_000,
        description: 'how often agents hear that the coordinator lives, milliseconds; a minute unless set',
      }),
    ),
    store: Type.Optional(
      Type.Object({ maxBytes: Type.Optional(Type.Integer({ minimum: 10_000_000 })) }, strict),
    ),
    backup: Type.Optional(
      Type.Object(
        {
          folder: Type.Optional(Type.String({ minLength: 1 })),
          keep: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
          at: Type.Optional(Cron),
          copy: Type.Optional(BackupCopy),
        },
        strict,
      ),
    ),
    homeAssistant: Type.Optional(HomeAssistant),
    digestAt: Type.Optional(Cron),
    weeklyDigestAt: Type.Optional(Cron),
    log: Type.Optional(Type.Enum(['debug', 'info', 'warn', 'error'])),
  },
  strict,
)
export type CoordinatorConfig = Type.Static<typeof CoordinatorConfig>
