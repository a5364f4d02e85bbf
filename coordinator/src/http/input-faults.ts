import type { FastifyError } from 'fastify'
import { followPointer } from '@infra-home/shared/json-pointer.ts'
import { withoutSecrets } from '@infra-home/shared/without-secrets.ts'
import { redacted } from '../trust/tokens-text.ts'
import type { InputFault } from './problem.ts'
import { clean, cut } from './table/clean.ts'

type Fault = NonNullable<FastifyError['validation']>[number]
type Validated = { readonly context: string; readonly given: unknown; readonly known: readonly string[] }

/**
 * What a validator found, in words for whoever typed it: each place once, what is missing by its name, what is unknown beside what is known, a
 * choice with all that may be chosen, and anything else with what stands there.
 * @param context what was validated, such as `body` @param given itself @param known the keys that it may have at its top
 */
export const inputFaults = (found: readonly Fault[], validated: Validated): InputFault[] => {
  const faults = found.flatMap((fault) => faultsOf(fault, found, validated))
  return faults.filter(({ path }, i) => faults.findIndex((one) => one.path === path) === i)
}

const faultsOf = (
  { keyword, instancePath, schemaPath, params, message = 'is not right' }: Fault,
  all: readonly Fault[],
  { context, given, known }: Validated,
): InputFault[] => {
  const path = `${context}${instancePath}` || '/'
  const its = (): string => valueWords(path, followPointer(given, instancePath))
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
      return all.some((one) => one.keyword !== keyword) ? [] : [{ path, message: message + its() }]
    case 'enum':
      return [{ path, message: `is one of ${listIn(params, 'allowedValues').join(', ')}${its()}` }]
    case 'const': {
      const choices = all.filter((one) => one.keyword === 'const' && one.instancePath === instancePath)
      const allowed = choices.map((one) => String(one.params['allowedValue']))
      return [{ path, message: `is ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}${its()}` }]
    }
    case 'minLength':
    case 'maxLength': // what has too much, or nothing, is nothing to be shown
      return [{ path, message }]
    default:
      return [{ path, message: message + its() }]
  }
}

const MOST_OF_A_VALUE = 60

/** What stands there, cut to fit in a line. */
const valueWords = (path: string, value: unknown): string => {
  if ((typeof value === 'object' && value !== null) || value === undefined) return ''
  return `, not ${cut(clean(redacted(withoutSecrets(path, value))), MOST_OF_A_VALUE)}`
}

const unknownWords = (known: readonly string[]): string =>
  known.length > 0 ? `is none of ${known.join(', ')}` : 'is unknown here'

const listIn = (params: Fault['params'], name: string): string[] => {
  const list: unknown = params[name]
  return Array.isArray(list) ? list.map(String) : []
}
