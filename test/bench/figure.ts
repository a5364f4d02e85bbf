/** One measured figure beside its yardstick of the same call. */
export type Figure = {
  readonly name: string
  readonly unit: string
  readonly ours: number | null
  readonly yardstick: { readonly name: string; readonly value: number | null; readonly why?: string }
  /** ours / yardstick */
  readonly ratio: number | null
  readonly runs: number
}

export type Bench = (options: {
  readonly quick: boolean
  /** Part of the names of what is to be measured; '' for all. */
  readonly only: string
  readonly say: (text: string) => void
}) => Promise<Figure[]>

/** What of many runs is the figure. */
export type Of = (values: readonly number[]) => number

export type Measured = {
  readonly ours: readonly number[]
  readonly yardstick: readonly number[]
  readonly against: string
  /** Why the yardstick has no runs. */
  readonly why?: string
  readonly of?: Of
}

export const figure = (
  name: string,
  unit: string,
  { ours: ran, yardstick, against, why = 'not run', of = median }: Measured,
): Figure => {
  const ours = ran.length > 0 ? of(ran) : null
  const value = yardstick.length > 0 ? of(yardstick) : null
  return {
    name,
    unit,
    ours: rounded(ours),
    yardstick: { name: against, value: rounded(value), ...(value === null && { why }) },
    ratio: ours !== null && value ? rounded(ours / value) : null,
    runs: ran.length,
  }
}

/** A figure whose yardstick is a fixed bound of the contract and not a run. */
export const latency = (name: string, unit: string, ours: readonly number[], of: Of = median): Figure =>
  figure(name, unit, { ours, yardstick: [], against: 'none', why: 'it has a bound, not a rival', of })

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
export const median: Of = (values) => quantile(values, 0.5)
export const worst: Of = (values) => Math.max(...values)
export const sum: Of = (values) => values.reduce((all, one) => all + one, 0)

const rounded = (value: number | null): number | null =>
  value === null ? null : Number(value.toPrecision(4))

export const figureRows = (figures: readonly Figure[]): string => {
  const width = Math.max(24, ...figures.map(({ name }) => name.length + 1))
  return figures
    .map(({ name, unit, ours, yardstick, ratio, runs }) =>
      [
        name.padEnd(width),
        `${ours ?? '–'} ${unit}`.padStart(18),
        `  ${yardstick.name}: ${yardstick.value ?? `– (${yardstick.why ?? 'not run'})`}`,
        ratio === null ? '' : `  ratio ${ratio}`,
        `  ${runs} runs`,
      ].join(''),
    )
    .join('\n')
}
