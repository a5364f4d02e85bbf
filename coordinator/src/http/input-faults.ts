import type { FastifyError } from 'fastify'
import type { InputFault } from './problem.ts'

type Fault = NonNullable<FastifyError['validation']>[number]

/**
 * What a validator found, in words for whoever typed it: each place once, what is missing by its name, what is unknown beside what is known, and a
 * choice with all that may be chosen.
 * @param context what was validated, such as `body` @param known the keys that it may have at its top
 */
export const inputFaults = (
  found: readonly Fault[],
  { context, known }: { readonly context: string; readonly known: readonly string[] },
): InputFault[] => {
  const faults = found.flatMap((fault) => faultsOf(fault, found, { context, known }))
  return faults.filter(({ path }, i) => faults.findIndex((one) => one.path === path) === i)
}

const faultsOf = (
  { keyword, instancePath, schemaPath, params, message = 'is not right' }: Fault,
  all: readonly Fault[],
  { context, known }: { readonly context: string; readonly known: readonly string[] },
): InputFault[] => {
  const path = `${context}${instancePath}` || '/'
  switch (keyword) {
    case 'required':
      return listIn(params, 'requiredProperties').map((name) => ({
        path: `${path}/${name}`,
        message: 'is missing',
      }))
    case 'boolean':
      return [{ path, message: unknownWords(schemaPath === '#/additionalProperties' ? known : []) }]
    case 'additionalProperties': // each of them is told of by itself
    case 'anyOf': // what would have been right is told by its parts
      return all.some((one) => one.keyword !== keyword) ? [] : [{ path, message }]
    case 'enum':
      return [{ path, message: `is one of ${listIn(params, 'allowedValues').join(', ')}` }]
    case 'const': {
      const choices = all.filter((one) => one.keyword === 'const' && one.instancePath === instancePath)
      const allowed = choices.map((one) => String(one.params['allowedValue']))
      return [{ path, message: `is ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}` }]
    }
    default:
      return [{ path, message }]
  }
}

const unknownWords = (known: readonly string[]): string =>
  known.length > 0 ? `is none of ${known.join(', ')}` : 'is unknown here'

const listIn = (params: Fault['params'], name: string): string[] => {
  const list: unknown = params[name]
  return Array.isArray(list) ? list.map(String) : []
}
