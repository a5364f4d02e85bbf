import type { Metric } from '@infra-home/shared/units.ts'
import { type Levels, levelOf } from './levels.ts'
import { levelSchema, paramsSchema } from './params-schema.ts'
import type { Rule, RuleParams } from './rule.ts'

/** A rule about what is left of something that a machine has so much of. */
export const roomRule = (
  own: Pick<Rule, 'code' | 'severity' | 'advice'> & {
    readonly what: string
    readonly available: Metric
    readonly total: Metric
    readonly defaults: RuleParams & Levels
  },
): Rule<RuleParams & Levels> => ({
  code: own.code,
  severity: own.severity,
  advice: own.advice,
  defaults: own.defaults,
  paramsSchema: paramsSchema(levelSchema('percent available', 0, 100)),
  subjects: (node) => ('host/host' in node.numbers ? [node.name] : []),
  judge({ node, params }) {
    const numbers = node.numbers['host/host']
    const [available, total] = [numbers?.values[own.available], numbers?.values[own.total]]
    const isKnown = typeof available === 'number' && typeof total === 'number' && total > 0
    const percent = isKnown ? Math.round((1000 * available) / total) / 10 : null
    const level = levelOf(percent, params)
    return {
      level,
      cause: level === 'bad' ? 'short' : 'fine',
      text:
        percent === null
          ? `${node.name} does not tell its ${own.what}`
          : `${node.name} has ${percent} % of its ${own.what} left (${megabytes(available)} of ${megabytes(total)})`,
      evidence: numbers ? [numbers.by] : [],
      nextAt: null,
    }
  },
})

const megabytes = (bytes: number | null | undefined): string => `${Math.round((bytes ?? 0) / 1e6)} MB`
