import { describeError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'
import { FAMILIES, type Family } from './families.ts'
import { maskedMark } from './marks.ts'

export type Swept =
  /** Entries of the connection table that are gone. */
  { readonly ok: true; readonly count: number } | { readonly ok: false; readonly error: string }

/** Ends the flows that are pinned to an uplink, so that programs notice that their path is gone. Never throws. */
export const sweepFlows = async (
  sys: Pick<Sys, 'exec'>,
  uplink: { readonly index: number },
  families: readonly Family[] = FAMILIES,
): Promise<Swept> => {
  const words = ['-D', '-m', maskedMark(uplink)]
  try {
    const gone = await Promise.all(families.map((family) => sweepFamily(sys, [...words, '-f', family])))
    return { ok: true, count: gone.reduce((sum, count) => sum + count, 0) }
  } catch (error) {
    return { ok: false, error: describeError(error) }
  }
}

/** conntrack(8) prints what it takes away, a line each; when there was nothing, it ends with 1 and says so. */
const sweepFamily = async (sys: Pick<Sys, 'exec'>, words: readonly string[]): Promise<number> => {
  try {
    const gone = await sys.exec('conntrack', words)
    return gone.split('\n').filter((line) => line !== '').length
  } catch (error) {
    if (describeError(error).includes(': 0 flow entries')) return 0
    throw error
  }
}
