import { InfraError } from '@infra-home/shared/errors.ts'
import { asObject, type Loose, parseObject } from './json.ts'

/** What `mmcli -J` prints: nested objects of texts and of lists of texts, without units; "--" stands for nothing. */
export type MmcliAnswer = Loose

/** @throws InfraError parse-failed when it is no such object, or not about `subject` */
export const parseMmcli = (text: string, subject: 'modem' | 'bearer' | 'modem-list'): MmcliAnswer => {
  const answer = parseObject(text, 'the answer of mmcli')
  if (Object.hasOwn(answer, subject)) return answer
  throw new InfraError('parse-failed', `the answer of mmcli has no ${subject}`)
}

/** The text at a path of keys; null where there is none. */
export const saidAt = (answer: MmcliAnswer, ...path: readonly string[]): string | null => {
  const value = valueAt(answer, path)
  return typeof value === 'string' && value !== '--' && value !== '' ? value : null
}

/** The texts of the list at a path of keys; empty where there is none. */
export const listAt = (answer: MmcliAnswer, ...path: readonly string[]): readonly string[] => {
  const value = valueAt(answer, path)
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

const valueAt = (answer: MmcliAnswer, path: readonly string[]): unknown => {
  let value: unknown = answer
  for (const key of path) {
    const inside = asObject(value)
    value = Object.hasOwn(inside, key) ? inside[key] : undefined
  }
  return value
}
