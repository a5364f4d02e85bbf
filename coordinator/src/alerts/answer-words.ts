import type { Answer, Word } from './errand.ts'

/** What a node's answer means for whoever has to change something; the others say it themselves. */
const WORDS: { readonly [A in Answer]?: string } = {
  away: 'the node is not connected',
  unheard: 'no node of this name was ever heard',
  silent: 'the node said nothing in time',
  'sms-off': 'its agent’s configuration has no `sms`',
  'not-allowed': 'the number is not in `sms.to` of its agent’s configuration',
  'no-such-modem': 'its agent has no modem of this id',
  unable: 'that modem cannot send short messages',
  'too-many': '`sms.maxPerDay` of its agent’s configuration is spent',
}

/** `no-such-modem, its agent has no modem of this id: it has mifi`. Pure. */
export const answerWords = ({ answer, detail }: Word): string => {
  const words = WORDS[answer]
  return `${answer}${words === undefined ? '' : `, ${words}`}${detail ? `: ${detail}` : ''}`
}
