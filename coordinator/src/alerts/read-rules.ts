import { readFileSync } from 'node:fs'
import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { type RuleData, RuleFile } from './rule-data.ts'
import { ruleProblems } from './rule-problems.ts'

/** What a file of rules holds; with a single problem in it, it holds none. */
export type ReadRules = { readonly rules: readonly RuleData[]; readonly problems: readonly Problem[] }

/** Reads the owner's rules, all or none of them. */
export const readRules = (file: string): ReadRules => {
  try {
    return rulesIn(readFileSync(file, 'utf8'))
  } catch (error) {
    return refused([
      { path: '', value: file, expected: `a file that can be read (${(error as Error).message})` },
    ])
  }
}

/** The rules of such a file's text. Pure. */
export const rulesIn = (text: string): ReadRules => {
  const parsed = parse(text)
  if ('problem' in parsed) return refused([parsed.problem])
  const shape = check(parsed.value)
  if (shape.length > 0) return refused(shape)
  const { rules } = parsed.value as RuleFile
  const sense = ruleProblems(rules)
  return sense.length > 0 ? refused(sense) : { rules, problems: [] }
}

const check = checker(RuleFile)

const refused = (problems: readonly Problem[]): ReadRules => ({ rules: [], problems })

const parse = (text: string): { readonly value: unknown } | { readonly problem: Problem } => {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    const value = text.slice(0, 40)
    return { problem: { path: '', value, expected: `JSON (${(error as Error).message})` } }
  }
}
