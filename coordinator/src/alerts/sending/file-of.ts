/** JSON Schema of one field of a channel's configuration. */
type Field = { readonly type: string; readonly contentPattern?: string; readonly [keyword: string]: unknown }

/** JSON Schema of a kind's own part of the configuration; keys that it does not name are faults. */
export type ConfigSchema = {
  readonly type: 'object'
  readonly additionalProperties: false
  readonly required?: readonly string[]
  readonly properties: Readonly<Record<string, Field>>
}

/**
 * A field that names a file: `tokenFile` gives its channel `token`, and nothing of it is ever shown.
 * @param what stands in it, for people: `the bot's token`
 * @param contentPattern what its text, trimmed, looks like
 */
export const fileOf = (what: string, contentPattern = '^.+$'): Field => ({
  type: 'string',
  minLength: 1,
  description: `a file that holds ${what}`,
  contentPattern,
})

/** The fields that name a file, each with what its content looks like. */
export const filesOf = ({ properties }: ConfigSchema): { field: string; pattern: RegExp }[] =>
  Object.entries(properties).flatMap(([field, { contentPattern }]) =>
    contentPattern === undefined ? [] : [{ field, pattern: new RegExp(contentPattern, 's') }],
  )

/** `passwordFile` → `password`. */
export const contentOf = (field: string): string => field.replace(/File$/, '')

/** A URL that lies in a file, since whoever knows it may send. */
export const URL_TEXT = '^https?://\\S+$'

/** A URL in the configuration itself. */
export const urlField = (description: string): Field => ({
  type: 'string',
  pattern: '^https?://[^@/]+(/.*)?$',
  description: `${description}: http:// or https://, without a user in it`,
})
