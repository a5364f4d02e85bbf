import type { Reach } from '../sys/reach.ts'
import type { Probe } from './probe.ts'

/** Knocks at a port: 224 bytes at IP level. Whoever refuses may be somebody else. */
export const tcpProbe = (reach: Pick<Reach, 'knock'>, port: number): Probe => ({
  method: 'tcp',
  async ask({ from, target, timeout, apart }) {
    const found = await reach.knock({ from, to: target, port, timeout, ports: apart?.ports ?? null })
    return found === 'taken' ? 'works' : 'answers'
  },
})
