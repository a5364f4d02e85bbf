import { days, fromRfc3339, minutes, rfc3339, wallLater } from '@infra-home/shared/clock.ts'
import type { NotificationItem } from './channel.ts'
import { fileOf, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { bearerOf, below, postJson, webPage } from '../sending/http-parts.ts'

export type AlertmanagerConfig = {
  readonly url: string
  readonly apiUrl?: string
  readonly bearer?: string
  readonly username?: string
  readonly password?: string
}

/**
 * Alertmanager takes an alert for resolved when it has heard nothing until `endsAt`. We say when it is over, whatever happens in
 * between, and say every minute what is on; this is for the case that we are gone for good.
 */
const ON_FOR = days(1)
/** What is no alert is over by itself. */
const MERE_NEWS_FOR = minutes(5)

/** Posts alerts to Prometheus' Alertmanager (api/v2/openapi.yaml, postAlerts), which tells people in its own way. */
export const alertmanager = httpChannel<AlertmanagerConfig>({
  kind: 'alertmanager',
  forgets: true, // what is firing is not on its disk
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: urlField('Alertmanager itself'),
      apiUrl: urlField('where people reach our API, for links'),
      bearerFile: fileOf('a bearer token'),
      username: { type: 'string', pattern: '^[^:]+$', description: 'a user without a colon' },
      passwordFile: fileOf('the user’s password'),
    },
  },
  problems: ({ username, passwordFile, bearerFile }) =>
    (username === undefined) === (passwordFile === undefined) && !(username && bearerFile)
      ? []
      : [
          {
            path: '/username',
            value: username,
            expected: 'username and passwordFile, or bearerFile, or none',
          },
        ],
  request(notification, config, ourUrl) {
    const apiUrl = config.apiUrl ?? ourUrl
    const alerts = notification.items
      .filter(({ event }) => event !== 'digest')
      .map((item) => toAlert(item, { ...notification, apiUrl }))
    const url = below(config.url, 'api/v2/alerts')
    return alerts.length === 0
      ? null
      : { ...postJson(url, {}, proofOf(config)), body: JSON.stringify(alerts) }
  },
  stranger: webPage,
})

/** What is over has no beginning here: Alertmanager has it. Labels are the same while it is on, for they are its name. */
const toAlert = (
  { title, text, severity, at, event, about, advice, entry }: NotificationItem,
  { site, sentAt, apiUrl }: { readonly site: string; readonly sentAt: string; readonly apiUrl: string },
) => ({
  labels: {
    alertname: about?.code ?? `infra-home-${event}`,
    site,
    severity,
    ...(about && { node: about.node, subject: about.subject }),
  },
  annotations: { summary: title, description: text, ...(advice !== null && { advice }) },
  generatorURL: below(apiUrl, `api/v1/events/${encodeURIComponent(entry)}/explain`),
  ...(event === 'resolved'
    ? { endsAt: at }
    : { startsAt: at, endsAt: rfc3339(wallLater(fromRfc3339(sentAt), about ? ON_FOR : MERE_NEWS_FOR)) }),
})

const proofOf = ({ bearer, username, password }: AlertmanagerConfig): Readonly<Record<string, string>> =>
  username === undefined
    ? bearerOf(bearer)
    : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
