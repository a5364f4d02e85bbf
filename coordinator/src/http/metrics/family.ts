import type { MetricsScene } from './scene.ts'

/** One line of a family: the values of its labels, in the family's order, and the value. */
export type Sample = { readonly labels: readonly string[]; readonly value: number }

/** A metric as /metrics describes it, whether or not there is a value now. */
export type Family = {
  /** Whole, with its prefix. */
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly labels: readonly string[]
  readonly samples: (scene: MetricsScene) => readonly Sample[]
}

type Make = (name: string, help: string, labels: readonly string[], samples: Family['samples']) => Family

const maker =
  (type: Family['type']): Make =>
  (name, help, labels, samples) => ({ name: `infra_home_${name}`, type, help, labels, samples })

export const gauge = maker('gauge')
/** Its name ends with `_total`. */
export const counter = maker('counter')

/** The value of a family without labels; absent while it is null. */
export const only = (value: number | null): Sample[] => (value === null ? [] : [{ labels: [], value }])

/** A sample for each item that has a value: what is unknown is absent. */
export const samplesOf = <T>(
  items: Iterable<T>,
  labels: (item: T) => readonly string[],
  value: (item: T) => number | boolean | null | undefined,
): Sample[] => {
  const samples: Sample[] = []
  for (const item of items) {
    const found = value(item)
    if (found !== null && found !== undefined) samples.push({ labels: labels(item), value: Number(found) })
  }
  return samples
}

/** The Prometheus text format (0.0.4). */
export const familyText = ({ name, type, help, labels, samples }: Family, scene: MetricsScene): string => {
  const lines = samples(scene).map(({ labels: values, value }) => {
    const pairs = labels.map((label, i) => `${label}="${escapeLabel(values[i] ?? '')}"`)
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

const escapeLabel = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
