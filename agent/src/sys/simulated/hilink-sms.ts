import type { ReceivedMessage, ShortMessage } from '../../modems/modem.ts'
import { parseFlatXml } from '../../parse/flat-xml.ts'
import { errorXml, escapeText, okXml, renderXml } from './hilink-pages.ts'

/** The device's store of short messages. */
export type HilinkSms = {
  sendXml(body: string): string
  /** The first question after a message finds it still on its way. */
  statusXml(): string
  listXml(body: string): string
  receive(message: ReceivedMessage): void
  /** What the network took. */
  sent(): readonly ShortMessage[]
}

/** Firmwares read the elements of a request by position. */
const SEND = new RegExp(
  '<request><Index>-1</Index><Phones><Phone>[^<]+</Phone></Phones><Sca></Sca><Content>[^<]*</Content>' +
    '<Length>(\\d+)</Length><Reserved>[01]</Reserved><Date>\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d</Date></request>$',
)
const LIST =
  /<PageIndex>1<\/PageIndex><ReadCount>20<\/ReadCount><BoxType>1<\/BoxType><SortType>0<\/SortType><Ascending>0<\/Ascending><UnreadPreferred>0<\/UnreadPreferred>/

/** @param takes whether the network takes what is sent */
export const hilinkSms = (takes: () => boolean): HilinkSms => {
  let received: readonly ReceivedMessage[] = []
  const sent: ShortMessage[] = []
  let last: { readonly to: string; readonly taken: boolean; asked: boolean } | null = null
  return {
    sendXml(body) {
      const to = fieldIn(body, 'Phone')
      const text = fieldIn(body, 'Content')
      if (!SEND.test(body) || to === null || text === null) return errorXml(100_005)
      last = { to, taken: takes(), asked: false }
      if (last.taken) sent.push({ to, text })
      return okXml()
    },
    statusXml() {
      const underWay = last !== null && !last.asked
      if (last) last.asked = true
      const done = underWay ? null : last
      return renderXml('response', [
        ['Phone', underWay ? (last?.to ?? '') : ''],
        ['SucPhone', done?.taken ? done.to : ''],
        ['FailPhone', done && !done.taken ? done.to : ''],
        ['TotalCount', 1],
        ['CurIndex', 1],
      ])
    },
    listXml: (body) => (LIST.test(body) ? inboxXml(received) : errorXml(100_005)),
    receive: (message) => void (received = [message, ...received]),
    sent: () => [...sent],
  }
}

const inboxXml = (messages: readonly ReceivedMessage[]): string => {
  const items = messages.map(
    ({ from, text, receivedAt, isRead }, i) =>
      `<Message><Smstat>${isRead ? 1 : 0}</Smstat><Index>${40_000 + i}</Index><Phone>${escapeText(from)}</Phone>` +
      `<Content>${escapeText(text)}</Content><Date>${receivedAt ?? ''}</Date><Sca></Sca><SaveType>4</SaveType>` +
      `<Priority>0</Priority><SmsType>1</SmsType></Message>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?><response><Count>${items.length}</Count><Messages>${items.join('')}</Messages></response>`
}

/** The decoded text of an element, however deep. */
const fieldIn = (body: string, name: string): string | null => {
  const element = new RegExp(`<${name}>[^<]*</${name}>`).exec(body)?.[0] ?? ''
  const xml = parseFlatXml(element)
  return xml.kind === 'document' ? xml.text : null
}
