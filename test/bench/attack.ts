import { ask, startChild, stopChild } from './child.ts'
import type { CoordinatorChild } from './coordinator-child.ts'
import { type Figure, figure, quantile } from './figure.ts'
import { streamLatencies, THIEF } from './stream-latency.ts'

const CLIENTS = 100

/** How late the words of honest nodes become while a thief does all that it can, against the same home left alone. */
export const besideAttack = async (quick: boolean, say: (text: string) => void): Promise<Figure> => {
  const seconds = quick ? 8 : 30
  const runs = quick ? 1 : 3
  const [ours, yardstick]: [number[], number[]] = [[], []]
  for (let run = 1; run <= runs; run++) {
    yardstick.push(p99(await streamLatencies({ clients: CLIENTS, seconds })))
    ours.push(p99(await streamLatencies({ clients: CLIENTS, seconds, beside: (home) => attack(home, say) })))
  }
  return figure('stream-p99-attacked', 'ms', { ours, yardstick, against: 'the same home left alone' })
}

const p99 = (latencies: readonly number[]): number => quantile(latencies, 0.99)

const attack = async (
  { mqtt, mqttsPort, secrets }: CoordinatorChild,
  say: (text: string) => void,
): Promise<() => Promise<void>> => {
  const ports = [mqtt.port, mqttsPort ?? 0].map(String)
  const { child } = await startChild('test/bench/attacker.ts', [...ports, secrets.get(THIEF) ?? ''])
  return async () => {
    say(`the thief did ${JSON.stringify(await ask(child))}`)
    await stopChild(child)
  }
}
