import { isLoopback } from '../../loopback.ts'
import { deliveryFailed } from '../sending/delivery-failed.ts'
import { fileOf } from '../sending/file-of.ts'
import type { Letter } from '../sending/letter.ts'
import { sendBySmtp, type SmtpServer } from '../sending/smtp.ts'
import type { Channel, ChannelKind, Notification } from './channel.ts'
import { bodyOf, isUrgent, titleOf } from './text.ts'

export type EmailConfig = SmtpServer & { readonly from: string; readonly to: readonly string[] }

const ADDRESS = { type: 'string', pattern: '^[^\\s<>,;@]+@[^\\s<>,;@]+$', description: 'an e-mail address' }

/** A mail to one or more people through a mail server (submission, RFC 6409), as text. */
export const email: ChannelKind<EmailConfig> = {
  kind: 'email',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['host', 'security', 'from', 'to'],
    properties: {
      host: { type: 'string', minLength: 1, description: 'the mail server' },
      port: { type: 'integer', minimum: 1, maximum: 65535 },
      security: { type: 'string', enum: ['starttls', 'tls', 'none'] },
      username: { type: 'string', minLength: 1 },
      passwordFile: fileOf('the user’s password'),
      caFile: fileOf('the certificate (PEM) of an authority of one’s own', '^-----BEGIN CERTIFICATE-----'),
      from: ADDRESS,
      to: { type: 'array', minItems: 1, maxItems: 20, items: ADDRESS },
    },
  },
  problems({ username, passwordFile, security, host }) {
    if ((username === undefined) !== (passwordFile === undefined))
      return [{ path: '/username', value: username, expected: 'username and passwordFile, or neither' }]
    if (username === undefined || security !== 'none' || isLoopback(String(host))) return []
    return [{ path: '/security', value: security, expected: 'starttls or tls, for a password is sent' }]
  },
  create: (name, { from, to, ...server }) => create(name, server, { from, to }),
}

/** Whether each recipient of a message got it, of those of whom that is settled: a server may take it for some and put others off. */
type Progress = Map<string, boolean>

/** Of so many messages that are not through it is remembered; of one that is put together anew nobody asks any more. */
const MESSAGES_KEPT = 100

const create = (name: string, server: SmtpServer, who: Pick<EmailConfig, 'from' | 'to'>): Channel => {
  const underWay = new Map<string, Progress>()
  return {
    name,
    async send(notification) {
      const taken = progressOf(underWay, notification)
      const open = who.to.filter((address) => !taken.has(address))
      const result = await sendBySmtp(server, letterOf(notification, who), open)
      const { verdicts, response, exchange } = result
      for (const { address, verdict } of verdicts)
        if (verdict !== 'later') taken.set(address, verdict === 'taken')
      const refused = verdicts.filter((one) => one.verdict !== 'taken' && one.response !== response)
      const answer = [response, ...refused.map((one) => `${one.address}: ${one.response}`)].join('; ')
      const retryable = verdicts.some(({ verdict }) => verdict === 'later')
      const hasSome = [...taken.values()].includes(true)
      if (!retryable) underWay.delete(notification.id)
      if (retryable || !hasSome) {
        const unsent = retryable && !result.isInDoubt && !hasSome
        throw deliveryFailed(name, answer, { retryable, unsent, exchange })
      }
      return { answer, exchange }
    },
  }
}

const progressOf = (underWay: Map<string, Progress>, { id }: Notification): Progress => {
  const known = underWay.get(id) ?? new Map<string, boolean>()
  underWay.set(id, known)
  const [oldest = id] = underWay.keys()
  if (underWay.size > MESSAGES_KEPT) underWay.delete(oldest)
  return known
}

/** The Message-ID is the same at each attempt: mail servers and programs show one of two (RFC 5322 §3.6.4). */
const letterOf = (notification: Notification, { from, to }: Pick<EmailConfig, 'from' | 'to'>): Letter => {
  const domain = from.slice(from.indexOf('@') + 1)
  const threads = new Set(notification.items.flatMap(({ alertId }) => alertId ?? []))
  return {
    from,
    to,
    messageId: `<${notification.id}@${domain}>`,
    references: [...threads].map((id) => `<${id}@${domain}>`),
    date: notification.sentAt,
    subject: titleOf(notification),
    text: `${bodyOf(notification)}\n`,
    urgent: isUrgent(notification),
  }
}
