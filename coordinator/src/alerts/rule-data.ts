import * as Type from 'typebox'
import { NAME_PATTERN } from '@infra-home/shared/names.ts'
import { METRICS, type Metric } from '@infra-home/shared/units.ts'

const strict = { additionalProperties: false } as const
const Ms = (description: string, minimum = 0) =>
  Type.Optional(Type.Integer({ minimum, maximum: 2_592_000_000, description: `milliseconds ${description}` }))
const Code = Type.String({ pattern: NAME_PATTERN, description: 'lower-case letters, digits and hyphens' })

/** A rule of the owner's, as it stands in the file: what it looks at, when that is bad, and who has to be told what. */
export const RuleData = Type.Object(
  {
    code: Code,
    severity: Type.Enum(['info', 'warning', 'critical']),
    text: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'what people are told; {node}, {subject} and {value} stand for what they are',
      }),
    ),
    advice: Type.String({ minLength: 1, maxLength: 500, description: 'what to do about it' }),
    of: Type.Optional(
      Type.Object(
        {
          node: Type.Optional(Code),
          thing: Type.Optional(
            Type.String({
              pattern: '^[a-z]+/.{1,256}$',
              description: 'a state, as link/wan1, or every one of a kind, as modem/*; host/host unless set',
            }),
          ),
        },
        { ...strict, description: 'every node unless one is named' },
      ),
    ),
    metric: Type.Optional(Type.Unsafe<Metric>({ type: 'string', enum: Object.keys(METRICS) })),
    field: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'a field of the state' })),
    fire: Type.Optional(Type.Number({ description: 'bad from here on' })),
    clear: Type.Optional(Type.Number({ description: 'good again from here on' })),
    fireOn: Type.Optional(
      Type.Array(Type.Union([Type.String({ maxLength: 256 }), Type.Boolean()]), {
        minItems: 1,
        maxItems: 32,
        description: 'values of the field that are bad; every other one is good',
      }),
    ),
    fireAfterMs: Ms('of bad before it fires; 0 unless set'),
    clearAfterMs: Ms('of good before it clears; 0 unless set'),
    absent: Type.Optional(
      Type.Enum(['ignore', 'fires'], { description: 'what nothing known means; ignore unless set' }),
    ),
    absentAfterMs: Ms('after which a reading is none any more; five minutes unless set', 1000),
    rate: Type.Optional(
      Type.Object(
        { perMs: Type.Integer({ minimum: 10_000, maximum: 604_800_000, description: 'milliseconds' }) },
        { ...strict, description: 'the levels are of the change in so long' },
      ),
    ),
    forecast: Type.Optional(
      Type.Object(
        {
          fromMs: Type.Integer({ minimum: 10_000, maximum: 604_800_000, description: 'milliseconds back' }),
          inMs: Type.Integer({ minimum: 10_000, maximum: 2_592_000_000, description: 'milliseconds ahead' }),
        },
        { ...strict, description: 'the levels are of the value that comes of going on like this' },
      ),
    ),
    dependsOn: Type.Optional(
      Type.Array(Code, {
        maxItems: 16,
        description: 'codes of alerts on the same node that explain this one; wan-down on whichever node',
      }),
    ),
  },
  strict,
)
export type RuleData = Type.Static<typeof RuleData>

/** The file of the owner's rules. */
export const RuleFile = Type.Object(
  { $schema: Type.Optional(Type.String()), rules: Type.Array(RuleData, { maxItems: 500 }) },
  strict,
)
export type RuleFile = Type.Static<typeof RuleFile>
