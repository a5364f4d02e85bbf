import type { InfraError } from '@infra-home/shared/errors.ts'
import { NAME_PATTERN } from '@infra-home/shared/names.ts'
import { PHONE_NUMBER_PATTERN } from '@infra-home/shared/sms/number.ts'
import type { ChannelKind } from './channel.ts'
import { answerWords } from '../answer-words.ts'
import { type Answer, commandId, type Word } from '../errand.ts'
import { deliveryFailed } from '../sending/delivery-failed.ts'
import { shortWords } from '../short-words.ts'
import { smsLack } from '../sms-lack.ts'

export type SmsConfig = {
  /** Whose agent has the modem. */
  readonly node: string
  readonly modem: string
  readonly to: readonly string[]
  readonly maxPerHour?: number
  readonly maxParts?: number
}

const USUAL_PER_HOUR = 10

/** Why asking again cannot help: somebody has to change something first. */
const FOR_GOOD: ReadonlySet<Answer> = new Set([
  'unknown-verb',
  'malformed',
  'no-such-modem',
  'unable',
  'sms-off',
  'not-allowed',
  'lacks-right',
])

/** After these nobody knows whether the text went out; after all others it did not. */
const UNSURE: ReadonlySet<Answer> = new Set(['silent', 'failed', 'interrupted'])

const NOBODY: ReadonlySet<Answer> = new Set(['away', 'unheard', 'silent'])

/** Short messages by a modem of one of the house's nodes: they need neither the internet nor the house's own line. */
export const sms: ChannelKind<SmsConfig> = {
  kind: 'sms',
  over: 'phone',
  perHour: ({ maxPerHour = USUAL_PER_HOUR }) => maxPerHour,
  lackOf: smsLack,
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['node', 'modem', 'to'],
    properties: {
      node: { type: 'string', pattern: NAME_PATTERN, description: 'the node that has the modem' },
      modem: { type: 'string', pattern: NAME_PATTERN, description: 'the id of a modem of that node’s agent' },
      to: {
        type: 'array',
        minItems: 1,
        maxItems: 8,
        items: { type: 'string', pattern: PHONE_NUMBER_PATTERN, description: 'as in +33612345678' },
      },
      maxPerHour: { type: 'integer', minimum: 1, maximum: 60, description: 'messages to each number' },
      maxParts: { type: 'integer', minimum: 1, maximum: 5, description: 'of a long text; each is paid for' },
    },
  },
  create: (name, { node, modem, to, maxParts = 1 }) => ({
    name,
    isOnce: true,
    async send(notification, { id, command }) {
      const text = shortWords(notification, maxParts)
      const words: Word[] = []
      for (const [nth, number] of to.entries()) {
        const order = { node, verb: 'send-sms', args: { modem, to: number, text } } as const
        const { answer, detail } = await command(commandId(id, nth), order)
        words.push({ answer, detail: detail?.replaceAll(number, 'the number') ?? null })
        if (NOBODY.has(answer)) break // nobody is there to be asked for the others
      }
      const exchange = [
        `> ${node} ${modem}: ${text}`,
        ...words.map((word, nth) => `< ${to[nth]}: ${answerWords(word)}`),
      ]
      const taken = words.filter(({ answer }) => answer === 'done').length
      if (taken === 0) throw failure(name, { node, modem }, words, exchange.join('\n'))
      return { answer: `${node} sent ${taken} of ${to.length} by ${modem}`, exchange: exchange.join('\n') }
    },
  }),
}

/** Nobody was reached: whoever may be asked again decides whether the channel may. */
const failure = (
  name: string,
  { node, modem }: Pick<SmsConfig, 'node' | 'modem'>,
  words: readonly Word[],
  exchange: string,
): InfraError => {
  const said = [...new Set(words.map(answerWords))].join('; ')
  return deliveryFailed(name, `${node} did not send by ${modem}: ${said}`, {
    retryable: !words.every(({ answer }) => FOR_GOOD.has(answer)),
    unsent: !words.some(({ answer }) => UNSURE.has(answer)),
    exchange,
  })
}
