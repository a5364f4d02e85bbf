import * as Type from 'typebox'
import { Name, NAME_PATTERN } from '@infra-home/shared/names.ts'
import { WEEKDAYS } from './quiet-hours.ts'

const strict = { additionalProperties: false } as const

const Severity = Type.Enum(['info', 'warning', 'critical'])

/** A channel names its kind; the rest of it is the kind's own part, checked against that kind's schema. */
export const ChannelConfig = Type.Object({
  name: Type.String({ pattern: NAME_PATTERN, description: 'lower-case letters, digits and hyphens' }),
  kind: Type.String({ minLength: 1 }),
  minSeverity: Type.Optional(Severity),
  over: Type.Optional(
    Type.Enum(['internet', 'house', 'phone'], {
      description: 'what it needs to get through; by its server’s address unless set',
    }),
  ),
})

const TimeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', description: 'HH:MM' })

/** Somebody who is told, and how. */
export const ContactConfig = Type.Object(
  {
    name: Name,
    channels: Type.Array(Name, { minItems: 1, maxItems: 8, description: 'names of channels, best first' }),
    minSeverity: Type.Optional(Severity),
    afterMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 86_400_000,
        description: 'milliseconds; told only of what nobody has acknowledged for so long',
      }),
    ),
    quiet: Type.Optional(
      Type.Array(
        Type.Object(
          {
            from: TimeOfDay,
            to: TimeOfDay,
            days: Type.Optional(
              Type.Array(Type.Enum([...WEEKDAYS]), {
                minItems: 1,
                description: 'on which they begin; all unless set',
              }),
            ),
            timeZone: Type.Optional(
              Type.String({ minLength: 1, description: 'of the IANA database; the home’s unless set' }),
            ),
            except: Type.Optional(
              Type.Union([Severity, Type.Null()], {
                description:
                  'what is at least as bad is told all the same; critical unless set, null: nothing',
              }),
            ),
          },
          strict,
        ),
        { maxItems: 16 },
      ),
    ),
  },
  strict,
)

const Repeat = Type.Optional(
  Type.Union([Type.Integer({ minimum: 60_000, maximum: 2_592_000_000 }), Type.Null()], {
    description: 'milliseconds until what goes on is told again; null: never',
  }),
)

export const AlertingConfig = Type.Object(
  {
    repeatMs: Type.Optional(Type.Object({ critical: Repeat, warning: Repeat, info: Repeat }, strict)),
    groupMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 600_000,
        description: 'milliseconds that what is not critical waits for company; 10000 unless set',
      }),
    ),
  },
  strict,
)

/** A sign of life for a watcher outside. */
export const DeadManConfig = Type.Object(
  {
    urlFile: Type.String({
      minLength: 1,
      description: 'a file that holds the address that is told that this home lives',
    }),
    everyMs: Type.Optional(
      Type.Integer({
        minimum: 60_000,
        maximum: 86_400_000,
        description: 'milliseconds; 15 minutes unless set',
      }),
    ),
  },
  strict,
)
