import { InfraError } from './errors.ts'
import { jsonFault, jsonFaultText } from './json-fault.ts'
import { checker, formatProblem, type Problem } from './problem.ts'

/**
 * Reads a JSON configuration against its schema.
 * @param place how people call where it came from: a file's path
 * @throws InfraError config-invalid naming every place, its value and what was expected
 */
export const readConfig = <T>(text: string, place: string, schema: object): T => {
  const value = parse(text, place)
  const problems = checker(schema)(value)
  if (problems.length > 0) throw configInvalid(place, problems)
  return value as T
}

export const configInvalid = (place: string, problems: readonly Problem[]): InfraError =>
  new InfraError(
    'config-invalid',
    problems.map((problem) => `${place}: ${formatProblem(problem)}`).join('\n'),
    {
      context: { place, problems: problems.length },
    },
  )

/** The text itself is not shown: a secret may stand in it. */
const parse = (text: string, place: string): unknown => {
  const fault = jsonFault(text)
  if (fault === null) return JSON.parse(text)
  const { line, column } = fault
  throw new InfraError('config-invalid', `${place}: not JSON ${jsonFaultText(fault)}`, {
    context: { place, line, column },
  })
}
