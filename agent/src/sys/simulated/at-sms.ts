import { GSM_BASIC, GSM_ESCAPE, GSM_EXTENSION } from '@infra-home/shared/sms/gsm-alphabet.ts'
import type { SentSms } from './at-state.ts'

type Part = {
  readonly to: string
  readonly text: string
  readonly reference: number
  readonly total: number
  readonly part: number
}

/** The messages that parts amount to; one whose parts did not all go out, in their order, is left out. */
export const joinSms = (pdus: readonly string[]): readonly SentSms[] => {
  const parts = pdus.map(readPdu)
  return parts.flatMap((first, i) => {
    const own = parts.slice(i, i + first.total)
    const isWhole =
      own.length === first.total &&
      own.every(({ reference, part }, j) => reference === first.reference && part === j + 1)
    return isWhole ? [{ to: first.to, text: own.map(({ text }) => text).join(''), parts: own.length }] : []
  })
}

/** Reads an SMS-SUBMIT with a relative validity to an international number (TS 23.040 §9.2.2.2). */
const readPdu = (hex: string): Part => {
  const octets = Buffer.from(hex, 'hex').subarray(1 + Number.parseInt(hex.slice(0, 2), 16))
  const digits = octets[2] ?? 0
  const after = 4 + Math.ceil(digits / 2)
  const number = [...octets.subarray(4, after)]
    .map((o) => `${o & 15}${o >> 4}`)
    .join('')
    .slice(0, digits)
  const data = octets.subarray(after + 4)
  const headed = ((octets[0] ?? 0) & 0x40) !== 0
  const header = headed ? 1 + (data[0] ?? 0) : 0
  const text =
    octets[after + 1] === 8
      ? Buffer.from(data.subarray(header)).swap16().toString('utf16le')
      : gsmText(data, Math.ceil((header * 8) / 7), octets[after + 3] ?? 0)
  const [reference = 0, total = 1, part = 1] = headed ? data.subarray(3, 6) : []
  return { to: `+${number}`, text, reference, total, part }
}

/** Septets `from` to `to` of packed octets, as text. */
const gsmText = (octets: Uint8Array, from: number, to: number): string => {
  let text = ''
  let escaped = false
  for (let i = from; i < to; i++) {
    const at = (i * 7) >> 3
    const septet = ((((octets[at + 1] ?? 0) << 8) | (octets[at] ?? 0)) >> ((i * 7) & 7)) & 0x7f
    if (escaped) text += Object.entries(GSM_EXTENSION).find(([, number]) => number === septet)?.[0] ?? ' '
    else if (septet !== GSM_ESCAPE) text += GSM_BASIC[septet] ?? ' '
    escaped = !escaped && septet === GSM_ESCAPE
  }
  return text
}
