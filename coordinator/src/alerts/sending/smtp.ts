import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SMTPConnectionSendInfo, SMTPError } from 'nodemailer/lib/smtp-connection'
import { describeError } from '@infra-home/shared/errors.ts'
import { plainly } from '../../plainly.ts'

export type SmtpServer = {
  readonly host: string
  readonly port?: number
  /** `none` never encrypts, the others never go on without. */
  readonly security: 'starttls' | 'tls' | 'none'
  readonly username?: string
  readonly password?: string
  /** PEM of an authority to trust instead of the usual ones. */
  readonly ca?: string
}

export type Letter = {
  readonly from: string
  readonly to: readonly string[]
  readonly messageId: string
  readonly references: readonly string[]
  /** RFC 3339. */
  readonly date: string
  readonly subject: string
  readonly text: string
  readonly urgent: boolean
}

export type SmtpVerdict = {
  readonly address: string
  /** `never`: the server will say the same again (5xx). */
  readonly verdict: 'taken' | 'later' | 'never'
  readonly response: string
}

export type SmtpResult = {
  readonly verdicts: readonly SmtpVerdict[]
  /** The server's last word, or what went wrong before it had one. */
  readonly response: string
  /** Both sides' words, without credentials. */
  readonly exchange: string
}

const USUAL_PORT = { starttls: 587, tls: 465, none: 25 } as const
const PATIENCE_MS = 20_000

/**
 * Gives a letter to a mail server for some of those whom it is addressed to; a refusal is a result, never an exception.
 * Of nodemailer only what does this is loaded, and only now (docs/adr/0017-nodemailer.md).
 */
export const sendBySmtp = async (
  server: SmtpServer,
  letter: Letter,
  recipients: readonly string[],
): Promise<SmtpResult> => {
  const dialogue: string[] = []
  const message = await written(letter)
  const connection = await connectionTo(server, dialogue)
  const broken = new Promise<never>((_, reject) => connection.on('error', reject))
  try {
    const sent = await Promise.race([
      broken,
      converse(connection, server, { letter, recipients, message, dialogue }),
    ])
    connection.quit()
    const refused = new Map(sent.rejectedErrors?.map((error) => [error.recipient, error]))
    const verdicts = recipients.map((address) => verdictOf(address, refused.get(address)))
    return { verdicts, response: sent.response, exchange: dialogue.join('\n') }
  } catch (error) {
    connection.close()
    const failure = error as SMTPError
    const refused = new Map(failure.rejectedErrors?.map((one) => [one.recipient, one]))
    const verdicts = recipients.map((address) => verdictOf(address, refused.get(address) ?? failure))
    return { verdicts, response: wordsOf(failure), exchange: dialogue.join('\n') }
  }
}

const verdictOf = (address: string, error: SMTPError | undefined): SmtpVerdict => ({
  address,
  verdict: error === undefined ? 'taken' : error.permanent === true ? 'never' : 'later',
  response: error === undefined ? '' : wordsOf(error),
})

const wordsOf = (error: SMTPError): string => error.response ?? describeError(error)

const connectionTo = async (
  { host, port, security, ca }: SmtpServer,
  dialogue: string[],
): Promise<SMTPConnection> => {
  const { default: Connection } = plainly(await import('nodemailer/lib/smtp-connection'))
  return new Connection({
    host,
    port: port ?? USUAL_PORT[security],
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
    transactionLog: true,
    logger: listener(dialogue),
  })
}

/** nodemailer tells its logger both sides' lines, with `/* secret *\/` for what would show who we are. */
const listener = (dialogue: string[]) => {
  const marks: Readonly<Record<string, string>> = { client: '>', server: '<' }
  const hear = ({ tnx }: { readonly tnx?: string }, line: unknown): void => {
    const mark = marks[tnx ?? '']
    if (mark !== undefined)
      dialogue.push(
        ...String(line)
          .split(/\r?\n/)
          .map((one) => `${mark} ${one}`),
      )
  }
  const ignore = (): void => {}
  return {
    level: ignore,
    trace: ignore,
    debug: hear,
    info: ignore,
    warn: ignore,
    error: ignore,
    fatal: ignore,
  }
}

type Errand = {
  readonly letter: Letter
  readonly recipients: readonly string[]
  readonly message: Buffer
  readonly dialogue: string[]
}

const converse = async (
  connection: SMTPConnection,
  { username: user, password: pass }: SmtpServer,
  { letter, recipients, message, dialogue }: Errand,
): Promise<SMTPConnectionSendInfo> => {
  await called<unknown>((done) => connection.connect((error) => done(error ?? null, null)))
  if (user !== undefined) await called<unknown>((done) => connection.login({ user, pass }, done))
  const sent = await called<SMTPConnectionSendInfo>((done) =>
    connection.send({ from: letter.from, to: [...recipients] }, message, done),
  )
  dialogue.push(
    ...String(message)
      .trimEnd()
      .split('\r\n')
      .map((line) => `> ${line}`.trimEnd()),
  )
  return sent
}

const called = <T>(begin: (done: (error: Error | null, value?: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => begin((error, value) => (error ? reject(error) : resolve(value as T))))

const written = async ({ from, to, date, subject, text, urgent, ...ids }: Letter): Promise<Buffer> => {
  const { default: MailComposer } = plainly(await import('nodemailer/lib/mail-composer'))
  return new MailComposer({
    from,
    to: [...to],
    subject,
    text,
    date: new Date(date),
    messageId: ids.messageId,
    references: [...ids.references],
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834: nobody's holiday notice answers it
      ...(urgent ? { Importance: 'high' } : {}), // RFC 2156 §5.3.4
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build()
}
