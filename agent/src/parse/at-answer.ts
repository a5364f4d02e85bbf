/** What a modem answered to a command: lines and OK, a refusal, or that it waits for a text. */
export type AtAnswer =
  | { readonly kind: 'said'; readonly lines: readonly string[] }
  | { readonly kind: 'refused'; readonly code: number | null; readonly why: string }
  | { readonly kind: 'prompt' }

const REFUSED = /^(?:ERROR|COMMAND NOT SUPPORT|\+CM[ES] ERROR:\s*(.{1,80}))$/

/** Whether a line ends an answer (ITU-T V.250 §5.7.1, TS 27.007 §9.1, TS 27.005 §3.2.5; the third is Huawei's). */
export const isFinal = (line: string): boolean => line.trim() === 'OK' || REFUSED.test(line.trim())

/** Whether a line ends an answer, or says that a text is waited for. */
export const isFinalOrPrompt = (line: string): boolean => line === '>' || isFinal(line)

/** Takes an answer apart: lines of a serial line, the last of which is final. The command itself, where it was echoed, is left out. Pure. */
export const parseAtAnswer = (command: string, lines: readonly string[]): AtAnswer => {
  const said = lines.map((line) => line.trim()).filter((line) => line !== command.trim())
  const last = said.pop() ?? ''
  if (last === '>') return { kind: 'prompt' }
  if (last === 'OK') return { kind: 'said', lines: said }
  const reason = REFUSED.exec(last)?.[1]?.trim()
  return reason === undefined
    ? { kind: 'refused', code: null, why: last }
    : { kind: 'refused', code: codeOf(reason), why: last }
}

/**
 * The fields of every line that begins with `prefix` and a colon, unquoted. What else was said is none of the answer: a modem speaks up in between.
 */
export const fieldsAfter = (lines: readonly string[], prefix: string): readonly (readonly string[])[] =>
  lines
    .filter((line) => line.startsWith(`${prefix}:`))
    .map((line) => splitFields(line.slice(prefix.length + 1)))

/** A whole number that is not negative, of at most nine digits; null for anything else. */
export const wholeOf = (field: string | undefined): number | null =>
  field !== undefined && /^\d{1,9}$/.test(field) ? Number(field) : null

/** No line of fields is longer; what is, is of no modem. */
const LONGEST_LINE = 1024

const splitFields = (text: string): string[] =>
  [...text.slice(0, LONGEST_LINE).matchAll(/\s*(?:"([^"]*)"|([^,"]*))\s*(?:,|$)/g)]
    .slice(0, -1) // the empty match at the end
    .map(([, quoted, bare]) => quoted ?? (bare ?? '').trim())

/** Codes of TS 27.007 §9.2 that a modem may say in words; only those that something hangs on. */
const WORDS: Readonly<Record<string, number>> = {
  'operation not allowed': 3,
  'operation not supported': 4,
  'sim not inserted': 10,
  'sim pin required': 11,
  'sim puk required': 12,
  'sim failure': 13,
  'sim busy': 14,
  'sim wrong': 15,
  'incorrect password': 16,
}
const codeOf = (reason: string): number | null => wholeOf(reason) ?? WORDS[reason.toLowerCase()] ?? null
