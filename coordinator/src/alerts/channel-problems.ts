import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { ChannelConfig, type CoordinatorConfig } from '../config-schema.ts'
import type { ChannelKind } from './channels/channel.ts'
import { type ConfigSchema, contentOf, filesOf } from './sending/file-of.ts'

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
    return [...kindProblems(kind, own), ...fileProblems(kind.configSchema, own, contentOfFile)].map(
      (problem) => ({
        ...problem,
        path: `/channels/${i}${problem.path}`,
      }),
    )
  })

/** A secret that stands in the configuration itself is not shown: the problem goes to the screen and the log. */
const kindProblems = (
  { configSchema, problems }: ChannelKind<never>,
  own: Record<string, unknown>,
): Problem[] => {
  const { properties } = configSchema
  const inline = filesOf(configSchema).filter(
    ({ field }) => contentOf(field) in own && !(contentOf(field) in properties),
  )
  if (inline.length > 0)
    return inline.map(({ field }) => ({
      path: `/${contentOf(field)}`,
      value: '(not shown)',
      expected: `${field}: ${String(properties[field]?.['description'])}`,
    }))
  const found = checker(configSchema)(own).map(withoutUser)
  return found.length > 0 ? found : [...(problems?.(own) ?? [])]
}

/** A URL with a user in it mostly has a password in it too. */
const withoutUser = (problem: Problem): Problem =>
  /\/\/.*@/.test(String(problem.value)) ? { ...problem, value: '(not shown)' } : problem

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
