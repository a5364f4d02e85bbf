import type { Rat } from '@infra-home/shared/messages/modem.ts'
import type { HilinkFields } from './hilink-answer.ts'
import { ratOfMode } from './hilink-signal.ts'
import { PLMN_SHAPE } from './radio-words.ts'
import { shapedValue, textValue } from './hilink-values.ts'

export type HilinkOperator = {
  readonly operator: string | null
  readonly plmn: string | null
  readonly rat: Rat | null
}

/** Reads net/current-plmn. */
export const parseHilinkOperator = (fields: HilinkFields): HilinkOperator => ({
  operator: textValue(fields, 'FullName') ?? textValue(fields, 'ShortName'),
  plmn: shapedValue(fields, 'Numeric', PLMN_SHAPE),
  rat: ratOfMode(fields.get('Rat')),
})
