import { checker, type Problem } from '@infra-home/shared/problem.ts'
import type { CoordinatorConfig } from '../config-schema.ts'
import { ChannelConfig } from './alerting-config.ts'
import type { ChannelKind } from './channels/channel.ts'
import { type ConfigSchema, filesOf } from './sending/file-of.ts'

type Channels = NonNullable<CoordinatorConfig['channels']>

/** A channel's own part of the configuration, without what every channel has. */
export const ownPart = (channel: Channels[number]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(channel).filter(([key]) => !(key in ChannelConfig.properties)))

/**
 * What is wrong with the channels of a configuration: place, value and what was expected.
 * @param contentOfFile the text of a file that the configuration names, null when it cannot be read
 */
export const channelProblems = (
  channels: Channels,
  kinds: readonly ChannelKind<never>[],
  contentOfFile: (path: string) => string | null,
): Problem[] =>
  channels.flatMap((channel, i) => {
    const kind = kinds.find((k) => k.kind === channel.kind)
    const names = kinds.map((k) => k.kind).join(', ')
    if (!kind) return [{ path: `/channels/${i}/kind`, value: channel.kind, expected: `one of ${names}` }]
    const twice = channels.findIndex(({ name }) => name === channel.name) < i
    if (twice) return [{ path: `/channels/${i}/name`, value: channel.name, expected: 'a name of its own' }]
    const own = ownPart(channel)
    return [...kindProblems(kind, channel), ...fileProblems(kind.configSchema, own, contentOfFile)].map(
      (problem) => ({
        ...problem,
        path: `/channels/${i}${problem.path}`,
      }),
    )
  })

/** The whole of a channel is checked, so that whoever mistyped a key is told all that there are. */
const kindProblems = (
  { configSchema, problems }: ChannelKind<never>,
  channel: Channels[number],
): Problem[] => {
  const properties = { ...ChannelConfig.properties, ...configSchema.properties }
  const found = checker({ ...configSchema, properties })(channel)
  return found.length > 0 ? found : [...(problems?.(ownPart(channel)) ?? [])]
}

const fileProblems = (
  schema: ConfigSchema,
  own: Record<string, unknown>,
  contentOfFile: (path: string) => string | null,
): Problem[] =>
  filesOf(schema).flatMap(({ field, pattern }) => {
    const value = own[field]
    if (typeof value !== 'string' || value === '') return []
    const text = contentOfFile(value)
    if (text === null) return [{ path: `/${field}`, value, expected: 'a file that can be read' }]
    return pattern.test(text.trim())
      ? []
      : [{ path: `/${field}`, value, expected: String(schema.properties[field]?.['description']) }]
  })
