import { type AddressInfo, createServer } from 'node:net'
import type { Test } from 'tap'

export type ToyMailAnswers = {
  /** To `RCPT TO`; 250 unless it is said. */
  recipient?(address: string): string
  /** To the whole letter: null cuts the connection without a word; 250 unless it is said. */
  letter?(): string | null
}

/** A mail server on loopback without encryption; `taken` has the recipients of each letter that it has said 250 to. */
export const toyMail = async (
  t: Test,
  { recipient = () => '250 ok', letter = () => '250 ok' }: ToyMailAnswers,
): Promise<{ readonly port: number; readonly taken: string[][] }> => {
  const taken: string[][] = []
  const server = createServer((socket) => {
    const say = (line: string): unknown => socket.write(`${line}\r\n`)
    let to: string[] = []
    let isLetter = false
    let open = ''
    const hear = (line: string): unknown => {
      if (isLetter) {
        if (line !== '.') return
        isLetter = false
        const answer = letter()
        if (answer?.startsWith('250')) taken.push(to)
        return answer === null ? socket.destroy() : say(answer)
      }
      const [, address = ''] = /^RCPT TO:<([^>]+)>/.exec(line) ?? []
      if (line.startsWith('MAIL')) to = []
      if (line === 'DATA') isLetter = true
      if (address === '') return say(isLetter ? '354 go on' : '250 ok')
      const answer = recipient(address)
      if (answer.startsWith('250')) to.push(address)
      return say(answer)
    }
    socket.on('error', () => {})
    socket.on('data', (part) => {
      const lines = (open + part.toString()).split('\r\n')
      open = lines.pop() ?? ''
      lines.forEach(hear)
    })
    say('220 toy')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.teardown(() => void server.close())
  return { port: (server.address() as AddressInfo).port, taken }
}
