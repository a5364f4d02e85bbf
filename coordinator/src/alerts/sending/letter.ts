import { plainly } from '../../plainly.ts'

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

/** The mail as it goes over the wire, lines ended by CR LF. */
export const writeLetter = async ({
  from,
  to,
  date,
  subject,
  text,
  urgent,
  ...ids
}: Letter): Promise<Buffer> => {
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
