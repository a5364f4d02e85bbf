/** How many rules each chain of a ruleset has, and 0 for each counter: what nft shows of it is worded otherwise from one version to the next, and counted alike. */
type Shape = ReadonlyMap<string, number>

/** Chains and counters, as we write them and as `nft list` shows them: a rule takes a line. Pure. */
const shapeOf = (ruleset: string): Shape => {
  const shape = new Map<string, number>()
  let chain: string | null = null
  for (const line of ruleset.split('\n').map((one) => one.trim())) {
    const [, kind = '', name = ''] = /^(chain|counter) (\S+) \{/.exec(line) ?? []
    if (kind !== '') {
      chain = kind === 'chain' ? `chain ${name}` : null
      shape.set(`${kind} ${name}`, 0)
    } else if (line === '}') chain = null
    else if (chain !== null && line !== '' && !/^(type|#) /.test(line))
      shape.set(chain, (shape.get(chain) ?? 0) + 1)
  }
  return shape
}

/** In what a ruleset that is shown is not the one that was asked for: `chain pin (1 of 2 rules)`; null for in nothing. Pure. */
export const firstDifference = (asked: string, shown: string): string | null => {
  const [wanted, found] = [shapeOf(asked), shapeOf(shown)]
  for (const [what, rules] of wanted) {
    const there = found.get(what)
    if (there === undefined) return what
    if (there !== rules) return `${what} (${there} of ${rules} rules)`
  }
  return null
}
