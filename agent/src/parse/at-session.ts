import type { DataSession } from '@infra-home/shared/messages/modem.ts'
import { fieldsAfter, wholeOf } from './at-answer.ts'

/** +CGATT (TS 27.007 §10.1.9): whether the packet service knows the modem. */
export const parseAttached = (lines: readonly string[]): boolean | null => {
  const state = fieldsAfter(lines, '+CGATT').at(-1)?.[0]
  return state === '0' || state === '1' ? state === '1' : null
}

/** +CGACT (§10.1.10): one line a context. `context` null: any will do. Unknown when a line of it is no answer. */
export const parseActive = (lines: readonly string[], context: number | null): DataSession => {
  const rows = fieldsAfter(lines, '+CGACT').filter(([cid]) => context === null || wholeOf(cid) === context)
  if (rows.some(([cid, state]) => wholeOf(cid) !== null && state === '1')) return 'connected'
  return rows.every(([cid, state]) => wholeOf(cid) !== null && state === '0') ? 'disconnected' : 'unknown'
}

/** +CGPADDR (§10.1.14): the addresses of each context; one of zeroes is none. */
export const parseAddressed = (lines: readonly string[], context: number | null): DataSession => {
  const rows = fieldsAfter(lines, '+CGPADDR').filter(([cid]) => context === null || wholeOf(cid) === context)
  const hasAddress = ([, ...addresses]: readonly string[]): boolean =>
    addresses.some((a) => /[1-9a-f]/i.test(a) && /^[\d.:a-f]{3,64}$/i.test(a))
  return rows.some(hasAddress) ? 'connected' : 'disconnected'
}
