import { parseFlatXml } from './flat-xml.ts'
import type { HilinkFields } from './hilink-answer.ts'

export type HilinkMessage = {
  readonly from: string
  readonly text: string
  /** The modem's wall clock, `2026-11-01 12:00:00`; its zone is not told. */
  readonly receivedAt: string | null
  readonly isRead: boolean
}

/** Reads the messages of sms/sms-list, each a flat element of its own; one that is not whole is left out. */
export const parseHilinkMessages = (body: string): HilinkMessage[] =>
  [...body.matchAll(/<Message>[\s\S]*?<\/Message>/g)].flatMap(([element]) => {
    const xml = parseFlatXml(element)
    return xml.kind === 'document' ? toMessage(xml.fields) : []
  })

const toMessage = (fields: HilinkFields): HilinkMessage[] => {
  const [from, text, date] = [fields.get('Phone'), fields.get('Content'), fields.get('Date') ?? '']
  if (from === undefined || text === undefined) return []
  const receivedAt = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(date) ? date : null
  return [{ from, text, receivedAt, isRead: fields.get('Smstat') === '1' }]
}

/** What became of the message that was given last. */
export type HilinkSending = 'sending' | 'taken' | 'refused'

/** Reads sms/send-status, which names the number that a message is going to, and those that it went to, or did not. */
export const parseHilinkSending = (fields: HilinkFields): HilinkSending => {
  if (fields.get('Phone')) return 'sending'
  if (fields.get('FailPhone')) return 'refused'
  return fields.get('SucPhone') ? 'taken' : 'sending'
}
