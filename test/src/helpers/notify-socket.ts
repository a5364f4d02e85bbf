import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from './eventually.ts'
import { needPrograms } from './real-server.ts'

/** A word that systemd would have heard, and when: milliseconds of performance.now(). */
type Word = { readonly word: string; readonly at: number }

export type NotifySocket = {
  readonly path: string
  /** What was heard so far, without the barriers with which systemd-notify waits for its reader. */
  heard(): readonly Word[]
  close(): void
}

/**
 * Prints each datagram as a line. With each word systemd-notify sends a barrier, a file descriptor, and waits five seconds for
 * it to be closed, as systemd does once it has read; recv(2) drops it at once, while socat would keep it open.
 */
const LISTENER = `socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un($ARGV[0])) or die $!;
$| = 1; while (defined recv(S, $_, 4096, 0)) { tr/\\n/ /; print "$_\\n" }`

/**
 * The datagram socket on which systemd listens, with Perl behind it, since Node.js cannot open one.
 * @throws CannotBeHad without Perl or systemd-notify
 */
export const notifySocket = async (): Promise<NotifySocket> => {
  needPrograms({ perl: 'perl', 'systemd-notify': 'systemd' })
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-notify-'))
  const path = join(folder, 'notify')
  const heard: Word[] = []
  const listener = spawn('perl', ['-MSocket', '-e', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface(listener.stdout).on('line', (word) => heard.push({ word, at: performance.now() }))
  await eventually('the socket', () => existsSync(path))
  return {
    path,
    heard: () => heard.filter(({ word }) => word !== 'BARRIER=1'),
    close() {
      listener.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
