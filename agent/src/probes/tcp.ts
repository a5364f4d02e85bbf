import type { ProbeMaker } from './probe.ts'

const PORT = 443

/** Knocks at a port that the whole world leaves open: 224 bytes at IP level. Who refuses is there, too. */
export const tcpProbe: ProbeMaker = (reach) => ({
  method: 'tcp',
  async ask({ from, target, timeout }) {
    const found = await reach.knock({ from, to: target, port: PORT, timeout })
    return found === 'taken' ? 'works' : 'answers'
  },
})
