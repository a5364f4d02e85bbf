import { readFileSync } from 'node:fs'
import { jsonFault, jsonFaultText } from '@infra-home/shared/json-fault.ts'
import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { type RuleData, RuleFile } from './rule-data.ts'
import { ruleProblems } from './rule-problems.ts'

/** What a file of rules holds; with a single problem in it, it holds none. */
export type ReadRules = { readonly rules: readonly RuleData[]; readonly problems: readonly Problem[] }

/**
 * Reads the owner's rules, all or none of them.
 * @param nodes those of the plan; null where there is none
 */
export const readRules = (file: string, nodes: readonly string[] | null = null): ReadRules => {
  try {
    return rulesIn(readFileSync(file, 'utf8'), nodes)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return refused([{ path: '', value: file, expected: `a file that can be read (${code})` }])
  }
}

/** The rules of such a file's text. Pure. */
export const rulesIn = (text: string, nodes: readonly string[] | null = null): ReadRules => {
  const parsed = parse(text)
  if ('problem' in parsed) return refused([parsed.problem])
  const shape = check(parsed.value)
  if (shape.length > 0) return refused(shape)
  const { rules } = parsed.value as RuleFile
  const sense = ruleProblems(rules, nodes)
  return sense.length > 0 ? refused(sense) : { rules, problems: [] }
}

const check = checker(RuleFile)

const refused = (problems: readonly Problem[]): ReadRules => ({ rules: [], problems })

const parse = (text: string): { readonly value: unknown } | { readonly problem: Problem } => {
  const fault = jsonFault(text)
  if (fault === null) return { value: JSON.parse(text) }
  return { problem: { path: '', value: '(a text)', expected: `JSON: ${jsonFaultText(fault)}` } }
}
