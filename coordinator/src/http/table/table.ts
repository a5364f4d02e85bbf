/** A table as rows of cells; the first row is its head. */
export type Table = {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns that are never cut: ids that somebody copies. */
  readonly whole?: readonly number[]
}

/** A screen has at least this many columns. */
const WIDEST = 100
const GAP = 2

/** Aligned columns that fit 100 columns: when they don't, the widest gives way. What devices call themselves is cleaned. */
export const formatTable = ({ head, rows, whole = [] }: Table): string => {
  const cells = [head, ...rows].map((row) => head.map((_, i) => clean(row[i] ?? '')))
  const longest = head.map((_, i) => cells.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0))
  const widths = fit(longest, whole)
  return cells
    .map((row) =>
      row
        .map((cell, i) => cut(cell, widths[i] ?? 0).padEnd(widths[i] ?? 0))
        .join(' '.repeat(GAP))
        .trimEnd(),
    )
    .join('\n')
}

/** Takes from the widest column, one at a time, until all fit. */
const fit = (widths: readonly number[], whole: readonly number[]): number[] => {
  const fitted = [...widths]
  const yielding = fitted.map((_, i) => i).filter((i) => !whole.includes(i))
  const total = (): number => fitted.reduce((sum, width) => sum + width, 0) + GAP * (fitted.length - 1)
  while (total() > WIDEST) {
    const widest = yielding.reduce(
      (best, i) => ((fitted[i] ?? 0) > (fitted[best] ?? 0) ? i : best),
      yielding[0] ?? 0,
    )
    const width = fitted[widest] ?? 0
    if (width <= 4) break
    fitted[widest] = width - 1
  }
  return fitted
}

const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text

const CONTROL = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e]', 'g')

/** A device may call itself anything; a terminal gets no control characters from it. */
export const clean = (text: string): string => (CONTROL.test(text) ? text.replaceAll(CONTROL, '?') : text)
