import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { isStateKind, STATES, type StateKind } from '@infra-home/shared/messages/states.ts'
import { METRICS } from '@infra-home/shared/units.ts'
import type { RuleData } from './rule-data.ts'
import { RULES } from './rules.gen.ts'
import { SITE_RULES } from './site-rules.gen.ts'

const OURS: readonly string[] = [...RULES, ...SITE_RULES].map(({ code }) => code)

/**
 * What is wrong with rules that are written as they should be and make no sense. Pure.
 * @param nodes those of the plan; null where there is none
 */
export const ruleProblems = (rules: readonly RuleData[], nodes: readonly string[] | null = null): Problem[] =>
  rules.flatMap((rule, i) => {
    const found = [
      ...codeProblems(rules, i),
      ...nodeProblems(rule, nodes),
      ...textProblems(rule),
      ...valueProblems(rule),
      ...levelProblems(rule),
      ...dependenceProblems(rules, rule),
    ]
    return found.map(({ path, ...problem }) => ({ path: `/rules/${i}${path}`, ...problem }))
  })

const codeProblems = (rules: readonly RuleData[], i: number): Problem[] => {
  const value = rules[i]?.code
  if (value !== undefined && OURS.includes(value))
    return [{ path: '/code', value, expected: `a code of its own: ours are ${OURS.join(', ')}` }]
  const isFirst = rules.findIndex(({ code }) => code === value) === i
  return isFirst ? [] : [{ path: '/code', value, expected: 'a code of its own' }]
}

const nodeProblems = ({ of }: RuleData, nodes: readonly string[] | null): Problem[] =>
  of?.node === undefined || nodes === null || nodes.includes(of.node)
    ? []
    : [{ path: '/of/node', value: of.node, expected: `a node of the topology: one of ${nodes.join(', ')}` }]

const PLACEHOLDERS = ['node', 'subject', 'value']

/** Whoever is told would read the braces. */
const textProblems = ({ text = '' }: RuleData): Problem[] =>
  [...text.matchAll(/\{(\w*)\}/g)]
    .filter(([, name = '']) => !PLACEHOLDERS.includes(name))
    .slice(0, 1)
    .map(() => ({
      path: '/text',
      value: text,
      expected: `no braces but ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`,
    }))

/** One value of one kind of thing that there is. */
const valueProblems = ({ of, metric, field }: RuleData): Problem[] => {
  const thing = of?.thing ?? 'host/host'
  const kind = thing.slice(0, thing.indexOf('/'))
  if (!isStateKind(kind))
    return [{ path: '/of/thing', value: thing, expected: `KIND/ID or KIND/*; KIND is one of ${KINDS}` }]
  if (metric !== undefined && field !== undefined)
    return [{ path: '/field', value: field, expected: 'none beside a metric' }]
  if (metric !== undefined) return []
  const fields = fieldsOf(kind)
  if (field !== undefined && fields.includes(field)) return []
  const expected = `a metric, or a field of ${kind}: one of ${fields.join(', ')}`
  return [{ path: '/field', value: field, expected }]
}

const KINDS = Object.keys(STATES).join(', ')

const fieldsOf = (kind: StateKind): string[] => Object.keys(STATES[kind].properties)

/** Either two levels or values that are bad, and of what can have them. */
const levelProblems = (rule: RuleData): Problem[] => {
  const { fire, clear, fireOn, rate, forecast, metric } = rule
  if (fireOn !== undefined) {
    const beside = (['fire', 'clear', 'rate', 'forecast', 'metric'] as const).filter((key) => key in rule)
    if (beside.length === 0) return badValueProblems(rule, fireOn)
    return beside.map((key) => ({ path: `/${key}`, value: rule[key], expected: 'none beside fireOn' }))
  }
  if (fire === undefined || clear === undefined)
    return (['fire', 'clear'] as const)
      .filter((key) => rule[key] === undefined)
      .map((key) => ({ path: `/${key}`, value: undefined, expected: 'a number, or fireOn' }))
  if (fire === clear) return [{ path: '/clear', value: clear, expected: 'another level than fire' }]
  if (rate && forecast) return [{ path: '/forecast', value: forecast, expected: 'none beside a rate' }]
  if (metric === undefined || rate) return []
  const { min, max, unit } = METRICS[metric]
  return (['fire', 'clear'] as const)
    .filter((key) => (rule[key] ?? 0) < min || (rule[key] ?? 0) > max)
    .map((key) => ({ path: `/${key}`, value: rule[key], expected: `from ${min} to ${max} ${unit}` }))
}

/** A value that the field never has would never fire. */
const badValueProblems = (
  { of, field = '' }: RuleData,
  fireOn: NonNullable<RuleData['fireOn']>,
): Problem[] => {
  const thing = of?.thing ?? 'host/host'
  const kind = thing.slice(0, thing.indexOf('/'))
  const properties: Readonly<Record<string, object>> = isStateKind(kind) ? STATES[kind].properties : {}
  const schema = properties[field]
  if (!schema) return [] // told of as the field's
  return fireOn.flatMap((value, k) =>
    checker(schema)(value)
      .slice(0, 1)
      .map(({ expected }) => ({ path: `/fireOn/${k}`, value, expected })),
  )
}

const dependenceProblems = (rules: readonly RuleData[], { code, dependsOn = [] }: RuleData): Problem[] => {
  const known = [...OURS, ...rules.map((rule) => rule.code)].filter((one) => one !== code)
  return dependsOn.flatMap((value, k) =>
    known.includes(value)
      ? []
      : [{ path: `/dependsOn/${k}`, value, expected: `another rule: one of ${known.join(', ')}` }],
  )
}
