import type { Rat } from '@infra-home/shared/messages/modem.ts'
import { fieldsAfter, wholeOf } from './at-answer.ts'
import { ratOfAct } from './at-rat.ts'
import { peoplesText, PLMN_SHAPE, shaped } from './radio-words.ts'

export type AtOperator = {
  readonly operator: string | null
  readonly plmn: string | null
  readonly rat: Rat | null
}

/** +COPS: mode, format (0 and 1 a name, 2 a number), operator, AcT (TS 27.007 §7.3). */
export const parseOperator = (lines: readonly string[]): AtOperator => {
  const [, format, name, act] = fieldsAfter(lines, '+COPS').at(-1) ?? []
  const isName = format === '0' || format === '1'
  return {
    operator: isName ? peoplesText(nameOf(name ?? '')) : null,
    plmn: isName || format === '2' ? shaped(name, PLMN_SHAPE) : null,
    rat: ratOfAct(wholeOf(act)),
  }
}

/** With AT+CSCS="UCS2" a name comes as hexadecimal UTF-16; a number in the place of a name is none. */
const nameOf = (said: string): string | null => {
  if (/^(?:00[2-9A-F][0-9A-F]){2,32}$/i.test(said))
    return Buffer.from(said, 'hex').swap16().toString('utf16le')
  return PLMN_SHAPE.test(said) ? null : said
}
