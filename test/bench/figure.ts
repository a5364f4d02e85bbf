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

export const figure = (
  name: string,
  unit: string,
  measured: {
    readonly ours: readonly number[]
    readonly yardstick: readonly number[]
    readonly against: string
  },
): Figure => {
  const ours = measured.ours.length > 0 ? median(measured.ours) : null
  const value = measured.yardstick.length > 0 ? median(measured.yardstick) : null
  return {
    name,
    unit,
    ours: rounded(ours),
    yardstick: { name: measured.against, value: rounded(value) },
    ratio: ours !== null && value ? rounded(ours / value) : null,
    runs: measured.ours.length,
  }
}

/** A figure whose yardstick is a fixed bound of the contract and not a run. */
export const latency = (
  name: string,
  unit: string,
  ours: readonly number[],
  at: (values: readonly number[]) => number = median,
): Figure => ({
  name,
  unit,
  ours: ours.length > 0 ? rounded(at(ours)) : null,
  yardstick: { name: 'none', value: null, why: 'a latency of its own' },
  ratio: null,
  runs: ours.length,
})

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
export const median = (values: readonly number[]): number => quantile(values, 0.5)

const rounded = (value: number | null): number | null =>
  value === null ? null : Number(value.toPrecision(4))

export const figureRows = (figures: readonly Figure[]): string =>
  figures
    .map(({ name, unit, ours, yardstick, ratio, runs }) =>
      [
        name.padEnd(24),
        `${ours ?? '–'} ${unit}`.padStart(18),
        `  ${yardstick.name}: ${yardstick.value ?? `– (${yardstick.why ?? 'not run'})`}`,
        ratio === null ? '' : `  ratio ${ratio}`,
        `  ${runs} runs`,
      ].join(''),
    )
    .join('\n')
