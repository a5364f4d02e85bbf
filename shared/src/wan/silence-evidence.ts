import type { MonoMs } from '../clock.ts'
import type { Silence } from './silence.ts'

/** What a path was given up for. */
export type SilenceEvidence = {
  readonly ms: number
  readonly probes: number
  readonly targets: number
  readonly methods: number
}

/** What was asked since the last sign of life and is not answered. Pure. */
export const silenceEvidence = ({ waiting, provenAt }: Silence, now: MonoMs): SilenceEvidence => {
  const asked = waiting.filter(({ at }) => provenAt === null || at > provenAt)
  return {
    ms: Math.round(now - (asked[0]?.at ?? now)),
    probes: asked.length,
    targets: new Set(asked.map(({ target }) => target)).size,
    methods: new Set(asked.map(({ method }) => method)).size,
  }
}
