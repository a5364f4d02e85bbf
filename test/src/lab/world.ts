import type { ChildProcess } from 'node:child_process'
import { inside, ready } from './processes.ts'
import { SERVER, TARGETS } from './uplinks.ts'

/**
 * Starts who is beyond two uplinks: the internet's resolvers, ports, web and echo, and the resolver of each gateway. Resolves when they and the
 * others are ready.
 */
export const startWorld = (
  { gateways, internet }: { readonly gateways: readonly [string, string]; readonly internet: string },
  {
    resolvers = [['192.168.8.1'], ['192.168.9.1']],
    others = [],
  }: {
    /** The addresses at which each gateway's resolver answers. */
    readonly resolvers?: readonly [readonly string[], readonly string[]]
    readonly others?: readonly ChildProcess[]
  } = {},
): Promise<unknown> =>
  ready(
    inside(internet, 'world-program.ts', 'world', ...TARGETS),
    inside(internet, 'echo-program.ts', 'serve', SERVER),
    inside(gateways[0], 'world-program.ts', 'resolver', ...resolvers[0]),
    inside(gateways[1], 'world-program.ts', 'resolver', ...resolvers[1]),
    ...others,
  )
