import type { Problem } from '@infra-home/shared/problem.ts'

type Numbers = Readonly<Record<string, unknown>>

/**
 * Levels that stand the wrong way round when the owner's parameters are laid over a rule's own: which way is bad, the order of the two says, so
 * a level set alone would turn its rule upside down, or leave no room between the two. Pure.
 */
export const levelOrderProblems = (defaults: Numbers, set: Numbers): Problem[] =>
  Object.keys(defaults)
    .filter((fire) => /^fire$|Fire/.test(fire) && clearOf(fire) in defaults)
    .flatMap((fire) => {
      const clear = clearOf(fire)
      const [wanted, is] = [order(defaults, fire), order({ ...defaults, ...set }, fire)]
      if (is === wanted || !(fire in set || clear in set)) return []
      const [key, other] = fire in set ? [fire, clear] : [clear, fire]
      const isAbove = (key === fire) === wanted > 0
      const expected = `${isAbove ? 'above' : 'below'} ${other}, which is ${String(set[other] ?? defaults[other])}`
      return [{ path: `/${key}`, value: set[key], expected }]
    })

const clearOf = (fire: string): string => fire.replace('fire', 'clear').replace('Fire', 'Clear')

/** 1 where high is bad, -1 where low is, 0 where the levels are one. */
const order = (params: Numbers, fire: string): number =>
  Math.sign(Number(params[fire]) - Number(params[clearOf(fire)]))
