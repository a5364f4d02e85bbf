import { Compile } from 'typebox/schema'

/** What was asked and what came back. */
export type Exchange = {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly type: string
  readonly body: string
}

type Content = Readonly<Record<string, { readonly schema?: object }>>
type Operation = { readonly responses: Readonly<Record<string, { readonly content?: Content }>> }
export type Description = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

/** What nobody's description can promise: there is no such route, or what came is hardly HTTP. */
const OF_NO_ROUTE = new Set([400, 401, 404, 405, 413, 414, 421, 429])

/** Says what /openapi.json did not promise about an answer; null when all of it is as described. */
export const asDescribed = ({ paths }: Description): ((exchange: Exchange) => string | null) => {
  const validators = new Map<object, ReturnType<typeof Compile>>()
  const validatorOf = (schema: object) => {
    const known = validators.get(schema) ?? Compile(closed(schema) as object)
    validators.set(schema, known)
    return known
  }
  const problem = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.values(responses))
    .map(({ content }) => content?.['application/problem+json']?.schema)
    .find((schema) => schema !== undefined)

  const bodyFault = (schema: object | undefined, { type, body }: Exchange): string | null => {
    if (!/json/.test(type) || body === '' || schema === undefined) return null
    const [right, errors] = validatorOf(schema).Errors(JSON.parse(body))
    return right
      ? null
      : `the body is not as described: ${JSON.stringify(errors[0])} in ${body.slice(0, 300)}`
  }

  return (exchange) => {
    const { method, status, type } = exchange
    const path = pathOf(Object.keys(paths), exchange.url.replace(/^https?:\/\/[^/]*/, ''))
    const name = method.toLowerCase()
    const operation = path === null ? undefined : (paths[path]?.[name] ?? headOf(paths[path], name))
    if (!operation || (method === 'HEAD' && status === 405)) {
      if (!OF_NO_ROUTE.has(status)) return `${status} where nothing is described`
      return isProblem(type) ? bodyFault(problem, exchange) : `${status} is no problem but ${type}`
    }
    const answer = operation.responses[String(status)]
    if (!answer) return `${status} is not described`
    if (exchange.body === '' && (status === 204 || status === 304 || method === 'HEAD')) return null
    const media = Object.entries(answer.content ?? {}).find(([known]) => type.startsWith(known))
    return media ? bodyFault(media[1].schema, exchange) : `${status} as ${type} is not described`
  }
}

const isProblem = (type: string): boolean => type.startsWith('application/problem+json')

/** HEAD is GET without its body. */
const headOf = (methods: Readonly<Record<string, Operation>> | undefined, name: string) =>
  name === 'head' ? methods?.['get'] : undefined

/** The described path that `url` is at: as it is written before one with a parameter. */
const pathOf = (known: readonly string[], url: string): string | null => {
  const path = (url.split('?')[0] ?? '').replace(/(?<=.)\/$/, '')
  if (known.includes(path)) return path
  const parts = path.split('/')
  const fits = (pattern: string): boolean => {
    const wanted = pattern.split('/')
    return (
      wanted.length === parts.length && wanted.every((part, i) => part.startsWith('{') || part === parts[i])
    )
  }
  return known.find(fits) ?? null
}

/** A schema in which an object has what is described and nothing else. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed)
  if (schema === null || typeof schema !== 'object') return schema
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const)
  const shape = 'properties' in schema && !('additionalProperties' in schema) && !('allOf' in schema)
  return Object.fromEntries(shape ? [...entries, ['additionalProperties', false]] : entries)
}
