import { describeError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'
import { MARK_MASK } from './plan.ts'

export type Swept =
  /** Entries of the connection table that are gone. */
  { readonly ok: true; readonly count: number } | { readonly ok: false; readonly error: string }

/** Address families of flows. */
export type Families = readonly ('ipv4' | 'ipv6')[]

export const BOTH: Families = ['ipv4', 'ipv6']

/** Ends the flows that carry a mark, so that programs notice that their path is gone. Never throws. */
export const sweepFlows = async (
  sys: Pick<Sys, 'exec'>,
  mark: number,
  families: Families = BOTH,
): Promise<Swept> => {
  const words = ['-D', '-m', `${hex(mark)}/${hex(MARK_MASK)}`]
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

const hex = (value: number): string => `0x${value.toString(16)}`
