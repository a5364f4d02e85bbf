import { type DurationMs, fromRfc3339, seconds } from '@infra-home/shared/clock.ts'
import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import type {
  Channel,
  ChannelKind,
  ChannelMeans,
  Delivered,
  Notification,
  NotificationItem,
} from '../channels/channel.ts'
import { deliveryFailed } from './delivery-failed.ts'
import { jsonOf } from './http-parts.ts'
import { answered, asked, inFewWords } from './http-words.ts'
import type { HttpAnswer, HttpAsked } from './http-request.ts'
import { retryAfter, withinReason } from './retry-after.ts'

const PATIENCE = seconds(10)

/** Whoever says that has not taken it: no whole request came in time, or too many did (RFC 9110, 6585). 503 may be a proxy's, of what went through. */
const NOT_TAKEN: ReadonlySet<number> = new Set([408, 429])

/** What is particular to one service that is told things over HTTP. */
export type HttpTemplate<Config> = Pick<ChannelKind<Config>, 'kind' | 'configSchema' | 'problems'> & {
  /** What it is asked for a notification; null when that is nothing for it. */
  request(notification: Notification, config: Config, apiUrl: string): HttpAsked | null
  /** Why an answer of 2xx is none of this service: the sign-in page of a guest network says 200 to everything. */
  stranger?(answer: HttpAnswer): string | null
  /** How long it asks us to wait in its answer's body; null when it does not. */
  wait?(body: unknown): DurationMs | null
  /** It forgets what is on, and has to be told again. */
  readonly forgets?: true
}

/** A kind of channel that is one HTTP request a message: 2xx is taken, 408, 429 and 5xx may be tried again. */
export const httpChannel = <Config>(template: HttpTemplate<Config>): ChannelKind<Config> => ({
  ...template,
  create: (name, config, means) => create({ name, template, config, means }),
})

type Line<Config> = {
  readonly name: string
  readonly template: HttpTemplate<Config>
  readonly config: Config
  readonly means: ChannelMeans
}

const create = <Config>(line: Line<Config>): Channel => {
  const { name, template } = line
  if (!template.forgets) return { name, send: (notification) => deliver(line, notification) }
  // One after the other: what was on a moment ago must not overtake that it is over.
  let last: Promise<unknown> = Promise.resolve()
  const lasting = new Map<string, NotificationItem>()
  const inTurn = (notification: Notification): Promise<Delivered> => {
    const next = last
      .catch(() => {})
      .then(async () => {
        const delivered = await deliver(line, notification)
        remember(lasting, notification.items)
        return delivered
      })
    last = next
    return next
  }
  return {
    name,
    send: inTurn,
    async keepUp(on) {
      const still = new Set(on.items.map(placeOf))
      const over = [...lasting.values()].filter((item) => !still.has(placeOf(item)))
      const ends = over.map((item) => ({ ...item, event: 'resolved' as const, at: on.sentAt }))
      await inTurn({ ...on, items: [...on.items, ...ends] })
    },
  }
}

/** Keeps what the other side takes for being on, by what it is about. */
const remember = (lasting: Map<string, NotificationItem>, items: readonly NotificationItem[]): void => {
  for (const item of items)
    if (item.event === 'resolved') lasting.delete(placeOf(item))
    else if (item.about) lasting.set(placeOf(item), item)
}

const placeOf = ({ about }: NotificationItem): string => JSON.stringify(about)

const deliver = async <Config>(
  { name, template, config, means }: Line<Config>,
  notification: Notification,
): Promise<Delivered> => {
  const request = template.request(notification, config, means.apiUrl)
  if (!request) return { answer: 'nothing to send: this channel tells alerts alone', exchange: '' }
  const said = asked(request)
  const answer = await means.http(request, PATIENCE).catch((error: unknown) => {
    const unsent = isInfraError(error) && error.context['unsent'] === true
    throw deliveryFailed(name, describeError(error), { retryable: true, unsent, exchange: said })
  })
  const exchange = `${said}\n${answered(answer)}`
  const { status } = answer
  if (status >= 200 && status < 300) {
    const stranger = template.stranger?.(answer) ?? null
    if (stranger === null) return { answer: inFewWords(answer), exchange }
    throw deliveryFailed(name, `${inFewWords(answer)}: ${stranger}`, { retryable: true, exchange })
  }
  throw deliveryFailed(name, inFewWords(answer), {
    retryable: NOT_TAKEN.has(status) || status >= 500,
    unsent: NOT_TAKEN.has(status),
    retryAfter: waitOf(template, answer, notification),
    exchange,
  })
}

const waitOf = <Config>(
  { wait }: HttpTemplate<Config>,
  answer: HttpAnswer,
  { sentAt }: Notification,
): DurationMs | null => {
  const inBody = wait?.(jsonOf(answer)) ?? null
  return inBody === null ? retryAfter(answer.headers, fromRfc3339(sentAt)) : withinReason(inBody)
}
