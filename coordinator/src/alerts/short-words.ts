import { alphabetOf, placesIn, placesOf } from '@infra-home/shared/sms/short-text.ts'
import type { Notification, NotificationItem } from './channels/channel.ts'
import { countsOf } from './channels/text.ts'

/** What GSM 7 bit has no place for, and what it can say instead. */
const SIMPLER: Readonly<Record<string, string>> = {
  '°': '',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '×': 'x',
  '·': '-',
  '→': '->',
  '\u00a0': ' ',
  '\u202f': ' ',
}

/** A notification in so many parts of a short message: its first words, since the rest is where there is data. Pure. */
export const shortWords = (notification: Notification, parts: number): string =>
  cutTo(parts, simpler(wordsOf(notification)))

const wordsOf = (notification: Notification): string => {
  const { site, items } = notification
  const [only] = items
  if (items.length === 1 && only) return `${site}: ${only.late ? '(late) ' : ''}${again(only)}: ${only.text}`
  return `${site}: ${countsOf(notification)}: ${items.map(again).join('; ')}`
}

const again = ({ title, repeat }: NotificationItem): string => `${repeat ? '(again?) ' : ''}${title}`

/** Accents and dashes are no reason for an alphabet in which less than half as much can be said. */
const simpler = (text: string): string =>
  Array.from(text, (char) => (alphabetOf(char) === 'gsm-7' ? char : (SIMPLER[char] ?? bare(char)))).join('')

const bare = (char: string): string => {
  const without = char.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return alphabetOf(without) === 'gsm-7' ? without : char
}

const cutTo = (parts: number, text: string): string => {
  const alphabet = alphabetOf(text)
  const most = placesIn(parts, alphabet)
  if (placesOf(text, alphabet) <= most) return text
  const chars = Array.from(text)
  const dots = '...'
  while (placesOf(chars.join('') + dots, alphabet) > most) chars.pop()
  return chars.join('') + dots
}
