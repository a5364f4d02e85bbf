import { Validator } from '@cfworker/json-schema'

/** What is wrong with one place of an input: where, what stands there, what was expected. */
export type Problem = { readonly path: string; readonly value: unknown; readonly expected: string }

type JsonSchema = { readonly [keyword: string]: unknown }
type Leaf = {
  readonly type?: string
  readonly description?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
}

/** Leaf keywords say what is wrong; the others only that something below them is. */
const BRANCHES = new Set([
  'properties',
  'items',
  'prefixItems',
  'patternProperties',
  'allOf',
  '$ref',
  'if',
  'then',
  'else',
])

/**
 * Makes a check of values against a JSON Schema (draft 2020-12). It interprets the schema, which is slow but small:
 * for configuration and for what an agent takes in. The coordinator's ingest compiles its schemas instead.
 */
export const checker = (schema: object): ((value: unknown) => Problem[]) => {
  const validator = new Validator(schema, '2020-12', false)
  return (value) => {
    const { valid, errors } = validator.validate(value)
    if (valid) return []
    const problems = new Map<string, Problem>()
    for (const error of errors) {
      if (BRANCHES.has(error.keyword) || isMereBranch(schema as JsonSchema, error)) continue
      const problem = toProblem(schema as JsonSchema, value, error)
      if (!problems.has(problem.path)) problems.set(problem.path, problem)
    }
    return [...problems.values()]
  }
}

/** One problem as a line: `/uplinks/0/kind: "dsl" – expected one of wifi-4g, ethernet`. */
export const formatProblem = ({ path, value, expected }: Problem): string =>
  `${path || '/'}: ${value === undefined ? 'missing' : shorten(JSON.stringify(value))} – expected ${expected}`

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text)

type OutputUnit = { keyword: string; keywordLocation: string; instanceLocation: string; error: string }

/** Keys beyond the known ones are a fault of their own only where there may be none. */
const isMereBranch = (schema: JsonSchema, { keyword, keywordLocation }: OutputUnit): boolean =>
  keyword === 'additionalProperties' && followPointer(schema, keywordLocation.slice(1)) !== false

const toProblem = (schema: JsonSchema, value: unknown, unit: OutputUnit): Problem => {
  const at = unit.instanceLocation.slice(1)
  if (unit.keyword === 'required') {
    const key = /"(.*)"/.exec(unit.error)?.[1] ?? ''
    const place = followPointer(schema, parentOf(unit.keywordLocation)) as JsonSchema | undefined
    const property = (place?.['properties'] as Record<string, JsonSchema> | undefined)?.[key]
    return {
      path: `${at}/${escapePointer(key)}`,
      value: undefined,
      expected: property ? describe(property) : 'a value',
    }
  }
  if (unit.keyword === 'additionalProperties') {
    const key = escapePointer(/"(.*)"/.exec(unit.error)?.[1] ?? '')
    const object = followPointer(schema, parentOf(unit.keywordLocation))
    const found = followPointer(value, `${at}/${encodeURIComponent(key)}`)
    return { path: `${at}/${key}`, value: found, expected: knownKeys(object) }
  }
  const found = followPointer(value, at)
  if (unit.keyword === 'false') return { path: at, value: found, expected: 'no such key' }
  const place = followPointer(schema, parentOf(unit.keywordLocation))
  return { path: at, value: found, expected: isObject(place) ? describe(place) : unit.error }
}

/** What a schema asks for, in words. */
const describe = (schema: JsonSchema): string => {
  const { type, description, pattern, maxLength, minLength } = schema as Leaf
  const options = schema['enum'] ?? (schema['anyOf'] as JsonSchema[] | undefined)?.map((s) => s['const'])
  if (schema['const'] !== undefined) return JSON.stringify(schema['const'])
  if (Array.isArray(options) && options.every((o) => o !== undefined)) return `one of ${options.join(', ')}`
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as JsonSchema[]).map(describe).join(' or ')
  const limits = [
    range(schema['minimum'], schema['maximum']),
    items(schema['minItems'], schema['maxItems']),
    minLength !== undefined && minLength > 0 && `not empty`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    pattern !== undefined && description === undefined && `matching ${pattern}`,
  ].filter(Boolean)
  return [[article(type), ...limits].join(' '), description].filter(Boolean).join(': ')
}

const range = (from: unknown, to: unknown): string => {
  const above = typeof from === 'number' ? `≥ ${from}` : ''
  if (typeof to !== 'number' || to === Number.MAX_SAFE_INTEGER) return above
  return typeof from === 'number' ? `from ${from} to ${to}` : `≤ ${to}`
}

const items = (least: unknown, most: unknown): string => {
  const limits = [
    ...(typeof least === 'number' ? [`at least ${count(least)}`] : []),
    ...(typeof most === 'number' ? [`at most ${count(most)}`] : []),
  ]
  return limits.length === 0 ? '' : `of ${limits.join(' and ')}`
}

const count = (n: number): string => `${n} item${n === 1 ? '' : 's'}`

/** `integer` → `an integer`; null has no article. */
const article = (type: unknown): string => {
  if (typeof type !== 'string') return 'a value'
  return type === 'null' ? type : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`
}

/** The keys that an object may have, for whoever mistyped one; none when the schema names none. */
const knownKeys = (place: unknown): string => {
  const keys = isObject(place) && isObject(place['properties']) ? Object.keys(place['properties']) : []
  return keys.length === 0 ? 'no such key' : `no such key; known here: ${keys.join(', ')}`
}

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null
const parentOf = (pointer: string): string => pointer.slice(1, pointer.lastIndexOf('/'))
const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

const followPointer = (root: unknown, pointer: string): unknown => {
  let here: unknown = root
  for (const raw of pointer.split('/').slice(1)) {
    if (!isObject(here)) return undefined
    here = here[decodeURIComponent(raw).replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return here
}
