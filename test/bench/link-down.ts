import { latency, type Figure } from './figure.ts'

/** Milliseconds from cutting a real link to REST showing it; its program runs in a network namespace. */
export const linkDownVisible = async (runs: number, say: (text: string) => void): Promise<Figure> => {
  const { measureLinkDown } = await import('./link-down-namespace.ts')
  const measured = await measureLinkDown(runs)
  say(`link-down-visible: ${measured.map((ms) => Math.round(ms)).join(' ')} ms`)
  return latency('link-down-visible', 'ms', measured)
}
