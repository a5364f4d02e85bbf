import { inRange } from '@infra-home/shared/units.ts'
import { integerIn } from './json.ts'
import { parseMmcli, saidAt } from './mmcli-answer.ts'

export type MmBearer = {
  readonly connected: boolean
  /** Of all its sessions; of the one that runs where this ModemManager keeps no total (before 1.20). */
  readonly rxBytes: number | null
  readonly txBytes: number | null
}

/** Reads `mmcli -b … -J`; ModemManager asks modems for their byte counters every 30 s. @throws InfraError parse-failed */
export const parseMmBearer = (text: string): MmBearer => {
  const answer = parseMmcli(text, 'bearer')
  const bytes = (way: 'rx' | 'tx'): number | null =>
    integerIn(saidAt(answer, 'bearer', 'stats', `total-bytes-${way}`)) ??
    integerIn(saidAt(answer, 'bearer', 'stats', `bytes-${way}`))
  return {
    connected: saidAt(answer, 'bearer', 'status', 'connected') === 'yes',
    rxBytes: inRange('rxBytes', bytes('rx')),
    txBytes: inRange('txBytes', bytes('tx')),
  }
}
