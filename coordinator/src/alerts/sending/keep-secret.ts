import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Channel } from '../channels/channel.ts'
import { deliveryFailed, failureOf } from './delivery-failed.ts'

/** So much of an answer stands in the journal, and so much of a line in an exchange. */
const MOST_ANSWER = 200
const MOST_LINE = 1000
const MOST_LINES = 200

/** The channel, of which nothing gets out that holds one of `secrets`: neither by an answer that echoes it nor by an error. */
export const keepSecret = (channel: Channel, secrets: readonly string[]): Channel => {
  const hide = hideAll(secrets)
  const short = (text: string): string => cut(hide(text), MOST_ANSWER)
  const whole = (exchange: string): string =>
    hide(exchange)
      .split('\n')
      .slice(0, MOST_LINES)
      .map((line) => cut(line, MOST_LINE))
      .join('\n')
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      const failure = failureOf(error)
      if (failure === null) throw new InfraError('delivery-failed', short(describeError(error)))
      const what = short(describeError(error).replace(`${channel.name}: `, ''))
      throw deliveryFailed(channel.name, what, { ...failure, exchange: whole(failure.exchange) })
    }
  }
  const { keepUp } = channel
  return {
    ...channel,
    send: (notification, errand) =>
      guarded(async () => {
        const { answer, exchange } = await channel.send(notification, errand)
        return { answer: short(answer), exchange: whole(exchange) }
      }),
    ...(keepUp && { keepUp: (on, publish) => guarded(() => keepUp(on, publish)) }),
  }
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text)

/** Replaces every secret, as it is and as URLs, JSON and base64 write it; a file's lines are secrets each. */
const hideAll = (secrets: readonly string[]): ((text: string) => string) => {
  const all = [...new Set(secrets.flatMap((secret) => [secret, ...secret.split(/\s+/)]))].filter(
    (one) => one !== '',
  )
  const plain = all
    .flatMap((one) => [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1), ...pathOf(one)])
    .toSorted((a, b) => b.length - a.length)
  const encoded = all.flatMap(base64Of)
  return (text) =>
    encoded.reduce(
      (hidden, pattern) => hidden.replaceAll(pattern, '(secret)'),
      plain.reduce((hidden, one) => hidden.replaceAll(one, '(secret)'), text),
    )
}

/** Of a secret URL a request shows the path alone. */
const pathOf = (secret: string): string[] => {
  if (!URL.canParse(secret)) return []
  const { pathname, search } = new URL(secret)
  return pathname.length > 1 || search !== '' ? [`${pathname}${search}`] : []
}

/** Words in base64 that hold the secret behind something else, as `user:password` does: it may begin at any of three places of a group. */
const base64Of = (secret: string): RegExp[] =>
  [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64')
    const core = before === 0 ? whole : whole.slice(4)
    return core === ''
      ? []
      : [new RegExp(`[A-Za-z0-9+/=]*${core.replaceAll('+', '\\+')}[A-Za-z0-9+/=]*`, 'g')]
  })
