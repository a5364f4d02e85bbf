/** What nodemailer tells its logger of both sides' lines, and the letter where the server asks for it. */
export const smtpDialogue = (dialogue: string[], message: Buffer) => {
  const marks: Readonly<Record<string, string>> = { client: '>', server: '<' }
  const note = (mark: string, text: string): void =>
    void dialogue.push(...text.split(/\r?\n/).map((line) => `${mark} ${line}`.trimEnd()))
  const hear = ({ tnx }: { readonly tnx?: string }, line: unknown): void => {
    const mark = marks[tnx ?? '']
    if (mark === undefined) return
    note(mark, String(line).replace(/^(AUTH \S+) .+/, '$1 (secret)'))
    if (mark === '<' && String(line).startsWith('354')) note('>', message.toString().trimEnd())
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
