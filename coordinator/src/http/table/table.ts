import { clean, cut } from './clean.ts'
import { WIDEST, wrap } from './wrap.ts'

/** A table as rows of cells; the first row is its head. */
export type Table = {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns that are never cut: ids that somebody copies. */
  readonly whole?: readonly number[]
  /** What stands in full below each row. */
  readonly below?: readonly (string | undefined)[]
}

const GAP = 2
const NARROWEST = 4

/** Aligned columns that fit 100 columns: when they don't, the widest gives way. What devices call themselves is cleaned. */
export const formatTable = ({ head, rows, whole = [], below = [] }: Table): string => {
  const cells = [head, ...rows].map((row) => head.map((_, i) => clean(row[i] ?? '')))
  const longest = head.map((_, i) => cells.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0))
  const widths = fit(longest, whole)
  return cells
    .flatMap((row, at) => [lineOf(row, widths), ...indented(below[at - 1], widths[0] ?? 0)])
    .join('\n')
}

const lineOf = (row: readonly string[], widths: readonly number[]): string =>
  row
    .map((cell, i) => cut(cell, widths[i] ?? 0).padEnd(widths[i] ?? 0))
    .join(' '.repeat(GAP))
    .trimEnd()

/** A text under the second column: the first is for marks. */
const indented = (text: string | undefined, marks: number): string[] =>
  text === undefined ? [] : wrap(`${' '.repeat(marks + GAP)}${text.replaceAll('\n', ' ')}`).split('\n')

/** Takes from the widest column, one at a time, until all fit. */
const fit = (widths: readonly number[], whole: readonly number[]): number[] => {
  const fitted = widths.map((width) => Math.min(width, WIDEST))
  const yielding = fitted.map((_, i) => i).filter((i) => !whole.includes(i))
  const total = (): number => fitted.reduce((sum, width) => sum + width, 0) + GAP * (fitted.length - 1)
  while (total() > WIDEST) {
    const widest = yielding.reduce(
      (best, i) => ((fitted[i] ?? 0) > (fitted[best] ?? 0) ? i : best),
      yielding[0] ?? 0,
    )
    const width = fitted[widest] ?? 0
    if (width <= NARROWEST) break
    fitted[widest] = width - 1
  }
  return fitted
}
