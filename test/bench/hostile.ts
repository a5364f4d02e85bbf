import { HONEST } from '../src/conformance/hostile-payloads.ts'
import { runHostile } from '../src/conformance/hostile-run.ts'
import { besideAttack } from './attack.ts'
import { type Bench, latency } from './figure.ts'

/** A million hostile payloads through ingest: none may throw, vanish, or leave anything behind; and a thief at the broker. */
export const hostile: Bench = async ({ quick, say }) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
  const count = quick ? 100_000 : 1_000_000
  say(`SEED=${seed}, ${count} payloads`)
  const { accepted, rejected, lost, unheard, heap, seconds } = await runHostile(seed, count)
  say(`${accepted} accepted, ${JSON.stringify(rejected)}`)
  for (const one of lost) say(`lost: ${one}`)
  if (lost.length > 0 || unheard > 0)
    throw new Error(`${lost.length} lost, ${unheard} of ${HONEST} not heard`)
  const [halfWay, end] = heap
  return [
    latency('hostile-payloads', 'msg/s', [count / seconds]),
    latency('hostile-lost', 'count', [lost.length]),
    latency('hostile-honest-unheard', 'count', [unheard]),
    latency('hostile-heap-growth', 'bytes', [Math.max(0, end - halfWay)]),
    await besideAttack(quick, say),
  ]
}
