import { type Schema, Validator } from '@cfworker/json-schema'

/** What is wrong with one place of an input: where, what stands there, what was expected. */
export type Problem = { readonly path: string; readonly value: unknown; readonly expected: string }

type JsonSchema = { readonly [keyword: string]: unknown }

/** Leaf keywords say what is wrong; the others only that something below them is. */
const BRANCHES = new Set([
  'properties',
  'items',
  'prefixItems',
  'additionalProperties',
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
  const validator = new Validator(schema as Schema, '2020-12', false)
  return (value) => {
    const { valid, errors } = validator.validate(value)
    if (valid) return []
    const problems = new Map<string, Problem>()
    for (const error of errors) {
      if (BRANCHES.has(error.keyword)) continue
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
  const found = followPointer(value, at)
  if (unit.keyword === 'false') return { path: at, value: found, expected: 'no such key' }
  const place = followPointer(schema, parentOf(unit.keywordLocation))
  return { path: at, value: found, expected: isObject(place) ? describe(place) : unit.error }
}

/** What a schema asks for, in words. */
const describe = (schema: JsonSchema): string => {
  const { type, description, minimum, maximum, pattern, minItems, maxItems, maxLength, minLength } =
    schema as Record<string, never>
  const options = schema['enum'] ?? (schema['anyOf'] as JsonSchema[] | undefined)?.map((s) => s['const'])
  if (schema['const'] !== undefined) return JSON.stringify(schema['const'])
  if (Array.isArray(options) && options.every((o) => o !== undefined)) return `one of ${options.join(', ')}`
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as JsonSchema[]).map(describe).join(' or ')
  const limits = [
    minimum !== undefined && `≥ ${minimum}`,
    maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && `≤ ${maximum}`,
    minItems !== undefined && `at least ${minItems} items`,
    maxItems !== undefined && `at most ${maxItems} items`,
    minLength !== undefined && minLength > 0 && `not empty`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    pattern !== undefined && description === undefined && `matching ${pattern}`,
  ].filter(Boolean)
  return [[type ?? 'a value', ...limits].join(' '), description].filter(Boolean).join(': ')
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
