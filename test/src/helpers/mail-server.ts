import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { builtOnce, needPrograms, runProgram } from './real-server.ts'

type Mail = {
  readonly from: string
  readonly to: readonly string[]
  /** The whole of it, headers and text. */
  readonly text: string
  readonly tls: boolean
  readonly user: string | null
}

export type MailServer = { readonly port: number; readonly mails: readonly Mail[] }

export type MailServerOptions = {
  readonly security: 'starttls' | 'tls' | 'none'
  /** Null asks nobody who he is. */
  readonly password: string | null
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
}

/** The Python with aiosmtpd 1.4.6 in it. @throws CannotBeHad */
export const mailPython = async (): Promise<string> => {
  needPrograms({ python3: 'python3-venv' })
  const folder = await builtOnce('aiosmtpd-1.4.6', 'fetching aiosmtpd, a mail server', async (half) => {
    await runProgram('python3', ['-m', 'venv', half])
    await runProgram(join(half, 'bin/python'), ['-m', 'pip', 'install', '--quiet', 'aiosmtpd==1.4.6'])
  })
  return join(folder, 'bin/python')
}

/** A real mail server on loopback; what it does with a recipient stands in mail-server.py. */
export const mailServer = async (
  t: Test,
  python: string,
  options: MailServerOptions,
): Promise<MailServer> => {
  const mails: Mail[] = []
  const child = spawn(python, [join(import.meta.dirname, 'mail-server.py'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (part: Buffer) => (said += part.toString()))
  t.teardown(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the mail server ended with ${code}: ${said}`)))
    lines.once('line', (line) => {
      lines.on('line', (mail) => mails.push(JSON.parse(mail) as Mail))
      resolve(Number(line))
    })
  })
  return { port, mails }
}
