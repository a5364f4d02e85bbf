import type { InfraError } from '@infra-home/shared/errors.ts'
import { NAME_PATTERN } from '@infra-home/shared/names.ts'
import { smsCapability } from '@infra-home/shared/sms/capability.ts'
import { PHONE_NUMBER_PATTERN } from '@infra-home/shared/sms/number.ts'
import type { ChannelKind } from './channel.ts'
import { type Answer, commandId } from '../errand.ts'
import { deliveryFailed } from '../sending/delivery-failed.ts'
import { shortWords } from '../short-words.ts'

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
  'not-allowed',
  'lacks-right',
])

/** After these nobody knows whether the text went out; after all others it did not. */
const UNSURE: ReadonlySet<Answer> = new Set(['silent', 'failed', 'interrupted'])

/** Short messages by a modem of one of the house's nodes: they need neither the internet nor the house's own line. */
export const sms: ChannelKind<SmsConfig> = {
  kind: 'sms',
  over: 'phone',
  perHour: ({ maxPerHour = USUAL_PER_HOUR }) => maxPerHour,
  lackOf({ node, modem }, { nodes }) {
    const birth = nodes[node]?.birth
    if (!birth || birth.capabilities.includes(smsCapability(modem))) return null
    return `${node} has no modem ${modem} that may and can send short messages`
  },
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
      const answers: Answer[] = []
      for (const [nth, number] of to.entries()) {
        const order = { node, verb: 'send-sms', args: { modem, to: number, text } } as const
        const answer = await command(commandId(id, nth), order)
        answers.push(answer)
        if (answer === 'away' || answer === 'silent') break // nobody is there to be asked for the others
      }
      const exchange = [
        `> ${node} ${modem}: ${text}`,
        ...answers.map((answer, nth) => `< ${to[nth]}: ${answer}`),
      ]
      const taken = answers.filter((answer) => answer === 'done').length
      if (taken === 0) throw failure(name, { node, modem }, answers, exchange.join('\n'))
      return { answer: `${node} sent ${taken} of ${to.length} by ${modem}`, exchange: exchange.join('\n') }
    },
  }),
}

/** Nobody was reached: whoever may be asked again decides whether the channel may. */
const failure = (
  name: string,
  { node, modem }: Pick<SmsConfig, 'node' | 'modem'>,
  answers: readonly Answer[],
  exchange: string,
): InfraError =>
  deliveryFailed(name, `${node} did not send by ${modem}: ${[...new Set(answers)].join(', ')}`, {
    retryable: !answers.every((answer) => FOR_GOOD.has(answer)),
    unsent: !answers.some((answer) => UNSURE.has(answer)),
    exchange,
  })
