import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { seconds } from '@infra-home/shared/clock.ts'

const LIMIT = seconds(10)

/** Runs systemd-notify in this process's environment, which names the socket. @throws what execFile throws */
export const systemdNotify = async (words: readonly string[]): Promise<void> => {
  await promisify(execFile)('systemd-notify', words, { timeout: LIMIT, killSignal: 'SIGKILL' })
}
