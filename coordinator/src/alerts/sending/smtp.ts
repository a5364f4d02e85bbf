import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SMTPConnectionSendInfo, SMTPEnvelope, SMTPError } from 'nodemailer/lib/smtp-connection'
import { describeError } from '@infra-home/shared/errors.ts'
import { plainly } from '../../plainly.ts'
import { type Letter, writeLetter } from './letter.ts'
import { smtpDialogue } from './smtp-dialogue.ts'

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
  /** It may have gone out whole, and nobody said what became of it. */
  readonly isInDoubt: boolean
  /** Both sides' words, without credentials. */
  readonly exchange: string
}

const USUAL_PORT = { starttls: 587, tls: 465, none: 25 } as const
const PATIENCE_MS = 20_000

/**
 * Gives a letter to a mail server for some of those whom it is addressed to; a refusal is a result, never an exception.
 * Of nodemailer only what does this is loaded, and only now (docs/adr/0018-nodemailer.md).
 */
export const sendBySmtp = async (
  server: SmtpServer,
  letter: Letter,
  recipients: readonly string[],
): Promise<SmtpResult> => {
  const message = await writeLetter(letter)
  const dialogue: string[] = []
  const connection = await connectionTo(server, smtpDialogue(dialogue, message))
  const broken = new Promise<never>((_, reject) => connection.on('error', reject))
  const envelope = { from: letter.from, to: [...recipients] }
  const result = (response: string, errors: readonly SMTPError[] = [], ofOthers?: SMTPError): SmtpResult => {
    const refused = new Map(errors.map((error) => [error.recipient, error]))
    const verdicts = recipients.map((address) => verdictOf(address, refused.get(address) ?? ofOthers))
    return { verdicts, response, isInDoubt: isUnanswered(dialogue), exchange: dialogue.join('\n') }
  }
  try {
    const sent = await Promise.race([broken, converse(connection, server, { envelope, message })])
    connection.quit()
    return result(sent.response, sent.rejectedErrors)
  } catch (error) {
    connection.close()
    const failure = error as SMTPError
    return result(wordsOf(failure), failure.rejectedErrors, failure)
  }
}

/** The last that the server said is that it wants the letter. */
const isUnanswered = (dialogue: readonly string[]): boolean =>
  dialogue.findLast((line) => line.startsWith('< '))?.startsWith('< 354') === true

const verdictOf = (address: string, error: SMTPError | undefined): SmtpVerdict => ({
  address,
  verdict: error === undefined ? 'taken' : error.permanent === true ? 'never' : 'later',
  response: error === undefined ? '' : wordsOf(error),
})

const wordsOf = (error: SMTPError): string => error.response ?? describeError(error)

const connectionTo = async (
  { host, port, security, ca }: SmtpServer,
  logger: ReturnType<typeof smtpDialogue>,
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
    logger,
  })
}

type Errand = { readonly envelope: SMTPEnvelope; readonly message: Buffer }

const converse = async (
  connection: SMTPConnection,
  { username: user, password: pass }: SmtpServer,
  { envelope, message }: Errand,
): Promise<SMTPConnectionSendInfo> => {
  await called<unknown>((done) => connection.connect((error) => done(error ?? null)))
  if (user !== undefined) await called<unknown>((done) => connection.login({ user, pass }, done))
  return called<SMTPConnectionSendInfo>((done) => connection.send(envelope, message, done))
}

const called = <T>(begin: (done: (error: Error | null, value?: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => begin((error, value) => (error ? reject(error) : resolve(value as T))))
