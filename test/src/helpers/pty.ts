import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CannotBeHad, needPrograms } from './real-server.ts'

/** A real terminal of this machine with a device of the test's at its other end. */
export type Pty = {
  /** Where programs open it, as in /dev/pts/3. */
  readonly path: string
  /** The device says something. */
  say(characters: string): void
  /** The device is unplugged. Resolves when it is. */
  hangUp(): Promise<void>
}

/** @throws CannotBeHad where there are no terminals, or no perl(1), whose ioctl lays them */
export const openPty = async (hear: (characters: string) => void): Promise<Pty> => {
  needPrograms({ perl: 'perl' })
  if (!existsSync('/dev/ptmx')) throw new CannotBeHad('there is no /dev/ptmx here')
  const child = spawn('perl', [fileURLToPath(new URL('./pty.pl', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdout.setEncoding('latin1')
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const path = await firstLine(child)
  child.stdout.on('data', hear)
  return {
    path,
    say: (characters) => void child.stdin.write(characters, 'latin1'),
    hangUp: () => {
      child.stdin.end()
      return ended
    },
  }
}

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    child.stdout?.once('data', (text: string) => resolve(text.trim()))
    child.once('close', (status) => reject(new Error(`no terminal: perl ended with ${status}`)))
  })
