import { join } from 'node:path'
import { runInNamespace } from '../src/helpers/netns.ts'
import { ROOT } from './child.ts'
import { type Figure, latency } from './figure.ts'

/** Milliseconds from cutting a real link to REST showing it, in a network namespace with an agent, a broker and curl's view. */
export const linkDownVisible = async (runs: number, say: (text: string) => void): Promise<Figure> => {
  const printed = await runInNamespace(join(ROOT, 'test/bench/link-down-program.ts'), [String(runs)])
  const measured = JSON.parse(printed.trim().split('\n').at(-1) ?? '[]') as number[]
  say(`link-down-visible: ${measured.map((ms) => Math.round(ms)).join(' ')} ms`)
  return latency('link-down-visible', 'ms', measured)
}
