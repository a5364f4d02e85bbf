import { Validator } from '@cfworker/json-schema'
import { escapePointer, followPointer } from './json-pointer.ts'
import { ofMeantBranches } from './meant-branch.ts'
import { ofUnknownKey, soundsSecret, withoutSecrets } from './without-secrets.ts'

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
    const { kept, unmeant } = ofMeantBranches(schema, value, toldOnce(errors))
    for (const { path, constants } of unmeant)
      problems.set(path, { path, value: followPointer(value, path), expected: oneOf(constants) })
    for (const error of kept) {
      if (BRANCHES.has(error.keyword) || isMereBranch(schema as JsonSchema, error)) continue
      const problem = toProblem(schema as JsonSchema, value, error)
      if (!problems.has(problem.path)) problems.set(problem.path, problem)
    }
    return [...problems.values()]
  }
}

/** One problem as a line, without secrets: `/uplinks/0/kind: "dsl" – expected one of wifi-4g, ethernet`. */
export const formatProblem = ({ path, value, expected }: Problem): string =>
  `${path || '/'}: ${value === undefined ? 'missing' : shorten(withoutSecrets(path, value))} – expected ${expected}`

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text)

/** A key too many comes twice, the second time without a word of where in the schema. */
const toldOnce = (errors: readonly OutputUnit[]): OutputUnit[] => {
  const strict = new Set(
    errors
      .filter(({ keyword }) => keyword === 'additionalProperties')
      .map(({ instanceLocation }) => instanceLocation),
  )
  const parent = (at: string): string => at.slice(0, at.lastIndexOf('/'))
  return errors.filter(
    ({ keyword, instanceLocation }) => keyword !== 'false' || !strict.has(parent(instanceLocation)),
  )
}

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
    const name = /"(.*)"/.exec(unit.error)?.[1] ?? ''
    const key = escapePointer(name)
    const object = followPointer(schema, parentOf(unit.keywordLocation))
    const found = followPointer(value, `${at}/${encodeURIComponent(key)}`)
    return { path: `${at}/${key}`, value: ofUnknownKey(name, found), expected: knownKeys(object, name) }
  }
  const found = followPointer(value, at)
  if (unit.keyword === 'false')
    return {
      path: at,
      value: ofUnknownKey(at.slice(at.lastIndexOf('/')), found),
      expected: 'no such key',
    }
  const place = followPointer(schema, parentOf(unit.keywordLocation))
  return { path: at, value: found, expected: isObject(place) ? describe(place) : unit.error }
}

/** What a schema asks for, in words. */
const describe = (schema: JsonSchema): string => {
  const { type, description, pattern, maxLength, minLength } = schema as Leaf
  const options = schema['enum'] ?? (schema['anyOf'] as JsonSchema[] | undefined)?.map((s) => s['const'])
  if (schema['const'] !== undefined) return JSON.stringify(schema['const'])
  if (Array.isArray(options) && options.every((o) => o !== undefined)) return oneOf(options)
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as JsonSchema[]).map(describe).join(' or ')
  const limits = [
    range(schema['minimum'], schema['maximum']),
    items(schema['minItems'], schema['maxItems']),
    minLength !== undefined && minLength > 0 && `not empty`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    pattern !== undefined && description === undefined && `matching ${pattern}`,
  ].filter(Boolean)
  return [[article(type) + keysIn(schema), ...limits].join(' '), description].filter(Boolean).join(': ')
}

const MOST_KEYS = 8

/** The keys of an object that is small enough to be told whole. */
const keysIn = ({ properties }: JsonSchema): string => {
  const keys = isObject(properties) ? Object.keys(properties) : []
  return keys.length === 0 || keys.length > MOST_KEYS ? '' : ` with ${keys.join(', ')}`
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

/**
 * The keys that an object may have, for whoever mistyped one; none when the schema names none. What sounds like a secret belongs
 * into a file, where there is a key that names one.
 */
const knownKeys = (place: unknown, unknown: string): string => {
  const properties = isObject(place) && isObject(place['properties']) ? place['properties'] : {}
  const file = properties[`${unknown}File`]
  if (isObject(file)) return `${unknown}File: ${(file as Leaf).description ?? 'a file that holds it'}`
  const keys = Object.keys(properties)
  if (keys.length === 0) return 'no such key'
  const files = keys.filter((key) => soundsSecret(unknown) && key.endsWith('File'))
  const hint = files.length > 0 ? `, and a secret in a file that ${files.join(' or ')} names` : ''
  return `no such key${hint}; known here: ${keys.join(', ')}`
}

const oneOf = (options: readonly unknown[]): string => `one of ${options.join(', ')}`
const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null
const parentOf = (pointer: string): string => pointer.slice(1, pointer.lastIndexOf('/'))
