import type { SimState } from '@infra-home/shared/messages/modem.ts'
import { type AtAnswer, fieldsAfter, wholeOf } from './at-answer.ts'

/** SIM not inserted, failure, busy, wrong; incorrect password (TS 27.007 §9.2). */
export const CME = { absent: 10, pin: 11, puk: 12, failure: 13, busy: 14, wrong: 15, password: 16 } as const

/** +CPIN? (TS 27.007 §8.3), or the refusal in its place. */
export const parseSim = (answer: AtAnswer): SimState => {
  if (answer.kind === 'refused') {
    if (answer.code === CME.absent) return 'absent'
    if (answer.code === CME.failure || answer.code === CME.wrong) return 'invalid'
    return answer.code === CME.pin || answer.code === CME.puk ? 'locked' : 'unknown'
  }
  const wants = answer.kind === 'said' ? pinWanted(answer.lines) : null
  if (wants === 'READY') return 'ready'
  return wants !== null && /^(?:SIM|PH-\w{2,7}) ?(?:PIN|PUK)2?$/.test(wants) ? 'locked' : 'unknown'
}

/** What +CPIN? says is wanted, as in `SIM PIN`; null when it says nothing. */
export const pinWanted = (lines: readonly string[]): string | null =>
  fieldsAfter(lines, '+CPIN').at(-1)?.[0] ?? null

/** How often the PIN of the SIM may still be tried, by the ways in which modems say it. */
export const TRIES = {
  /** TS 27.007 §8.65: `SIM PIN,3,3`; each code has a line. */
  'AT+CPINR': (lines) => wholeOf(rowOf(lines, '+CPINR', 'SIM PIN')?.[1]),
  /** Huawei's: code, tries of what is wanted, of PUK, PIN, PUK2, PIN2 (ModemManager: plugins/huawei). */
  'AT^CPIN?': (lines) => wholeOf(fieldsAfter(lines, '^CPIN').at(-1)?.[3]),
  /** Quectel's: `"SC",3,10` for PIN and PUK of the card. */
  'AT+QPINC?': (lines) => wholeOf(rowOf(lines, '+QPINC', 'SC')?.[1]),
} as const satisfies Record<string, (lines: readonly string[]) => number | null>

const rowOf = (lines: readonly string[], prefix: string, first: string): readonly string[] | undefined =>
  fieldsAfter(lines, prefix).find(([name]) => name === first)
