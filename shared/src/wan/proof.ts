import type { ProbeMethod } from './silence.ts'

/** An answer that is not what was asked for: a refused connection, a resolver's refusal or a wrong address. */
export type Substitute = {
  readonly method: ProbeMethod
  readonly tookMs: number
  /** Whether this target has given by this method what was asked for. */
  readonly hasWorked: boolean
  /** Of the last answers from beyond. */
  readonly rttsMs: readonly number[]
}

/** What comes in less than this part of the quickest round trip was not so far away. */
const NEARER = 1 / 2

/**
 * Whether such an answer shows that something comes back from beyond the gateway: a gateway may refuse in the place of everybody when its own line
 * is dead, and a socket does not tell how many hops away somebody is. A target that took connections before does not begin to refuse them; one
 * that never did is believed when it answers from as far away as others do, which takes a round trip to compare with. Names are answered wrongly
 * by portals before anything else is: that is life, unless it comes from nearer than the world. Pure.
 */
export const isSignOfLife = ({ method, tookMs, hasWorked, rttsMs }: Substitute): boolean => {
  const isFar = tookMs >= Math.min(...rttsMs) * NEARER
  if (method === 'dns') return rttsMs.length === 0 || isFar
  return !hasWorked && rttsMs.length > 0 && isFar
}
