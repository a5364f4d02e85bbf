import * as Type from 'typebox'
import { checker, type Problem } from '@infra-home/shared/problem.ts'

const strict = { additionalProperties: false } as const
const Topic = Type.String({ pattern: '^[^#+\\u0000]+$', minLength: 1 })
const Template = Type.String({ pattern: '^\\{\\{ .+ \\}\\}$' })
const Availability = Type.Array(Type.Object({ topic: Topic, value_template: Template }, strict), {
  minItems: 1,
})
const Id = Type.String({ pattern: '^[A-Za-z0-9_-]+$' })

/** Units that go with a device class (Home Assistant, DEVICE_CLASS_UNITS of the sensor integration), as far as we use them. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  signal_strength: ['dB', 'dBm'],
  temperature: ['°C'],
  data_size: ['MB'],
  duration: ['ms'],
  battery: ['%'],
}

const shared = {
  unique_id: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
  value_template: Template,
  expire_after: Type.Integer({ minimum: 1 }),
  availability: Type.Optional(Availability),
  entity_category: Type.Optional(Type.Literal('diagnostic')),
}

const Sensor = Type.Object(
  {
    platform: Type.Literal('sensor'),
    ...shared,
    device_class: Type.Optional(Type.Enum(['enum', ...Object.keys(UNITS)])),
    unit_of_measurement: Type.Optional(Type.String({ minLength: 1 })),
    state_class: Type.Optional(Type.Enum(['measurement', 'total_increasing'])),
    options: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  },
  strict,
)
const BinarySensor = Type.Object(
  {
    platform: Type.Literal('binary_sensor'),
    ...shared,
    device_class: Type.Optional(Type.Enum(['connectivity', 'problem', 'battery_charging'])),
  },
  strict,
)
const Gone = Type.Object({ platform: Type.Enum(['sensor', 'binary_sensor']) }, strict)

/**
 * The device-based discovery payload, by the keys that Home Assistant documents (integrations mqtt, sensor.mqtt and
 * binary_sensor.mqtt) and that we use; stricter than Home Assistant, which ignores keys that it does not know.
 */
const Discovery = Type.Object(
  {
    device: Type.Object(
      {
        identifiers: Type.Array(Id, { minItems: 1 }),
        name: Type.String({ minLength: 1 }),
        manufacturer: Type.String(),
        model: Type.String(),
        sw_version: Type.Optional(Type.String()),
        via_device: Type.Optional(Id),
      },
      strict,
    ),
    origin: Type.Object({ name: Type.String(), sw_version: Type.String() }, strict),
    state_topic: Topic,
    availability: Availability,
    availability_mode: Type.Literal('all'),
    components: Type.Record(Id, Type.Union([Sensor, BinarySensor, Gone])),
  },
  strict,
)
export type Discovery = Type.Static<typeof Discovery>

const check = checker(Discovery)

/** What is wrong with a discovery payload; empty when nothing is. */
export const discoveryProblems = (payload: Discovery): (Problem | string)[] => {
  const problems = check(payload)
  return problems.length > 0
    ? problems
    : Object.entries(payload.components).flatMap(([id, component]) => classProblems(id, component))
}

/** What a schema cannot say: an enum has options and no unit, any other class a unit of its own. */
const classProblems = (id: string, component: Discovery['components'][string]): string[] => {
  if (component.platform !== 'sensor' || !('unique_id' in component)) return []
  const { device_class: kind, unit_of_measurement: unit, options, state_class: state } = component
  if ((kind === 'enum') !== (options !== undefined)) return [`${id}: options belong to an enum`]
  if (kind === 'enum' && (unit ?? state) !== undefined)
    return [`${id}: an enum has no unit and no state class`]
  const units = UNITS[kind ?? '']
  return units && !units.includes(unit ?? '') ? [`${id}: ${unit} is no unit of ${kind}`] : []
}
