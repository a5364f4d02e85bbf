import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReadStream } from 'node:tty'
import type { DurationMs } from '@infra-home/shared/clock.ts'
import { describeError, InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { turnstile } from '../turnstile.ts'
import { serialLines } from './serial-lines.ts'
import { lineOf, type SerialLine } from './serial.ts'

/** For so long a line that was just opened is not believed: it may still say what it was asked before, or that it woke up. Milliseconds. */
const QUIET_MS = 100

type Port = { readonly stream: ReadStream; readonly write: (text: string) => void }

/**
 * A terminal device of this machine, made raw: nothing is echoed, and nothing is taken for a signal. Its speed is left as it is: a modem at USB
 * has none, and another keeps what it was given at boot (stty(1)).
 */
export const realSerial = (device: string): SerialLine => {
  const inTurn = turnstile()
  let port: Port | null = null
  let heard: (text: string) => void = () => {}
  let failed: (why: string, code?: 'serial-failed' | 'serial-timeout') => void = () => {}

  const close = (): void => {
    const old = port
    port = null
    old?.stream.destroy()
  }
  const open = (): Port => {
    const fd = openSync(device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    const stream = asTerminal(fd)
    stream.setRawMode(true)
    stream.setEncoding('latin1')
    stream.on('data', (text: string) => heard(text))
    const over = (why: string): void => {
      if (port?.stream !== stream) return // an earlier one, closed before
      close()
      failed(why)
    }
    stream.on('error', (error) => over(error.message))
    stream.on('close', () => over('the line was closed'))
    return { stream, write: (text) => void writeSync(fd, text, null, 'latin1') }
  }

  /** @throws Error of the system when the device cannot be opened */
  const wake = async (): Promise<void> => {
    if (port) return
    port = open()
    await sleep(QUIET_MS)
  }
  const failure = (code: 'serial-failed' | 'serial-timeout', why: string): InfraError =>
    new InfraError(code, `${device}: ${why}`, { context: { device } })

  const exchange = (
    command: string,
    timeout: DurationMs,
    isLast: (line: string) => boolean,
  ): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const lines = serialLines(isLast)
      const end = (): void => {
        clearTimeout(timer)
        heard = () => {}
        failed = () => {}
      }
      const timer = setTimeout(() => {
        failed(`no answer within ${timeout} ms`, 'serial-timeout')
        close() // what it says later would be taken for the answer to something else
      }, timeout)
      failed = (why, code = 'serial-failed') => {
        end()
        reject(failure(code, why))
      }
      heard = (text) => {
        const answer = lines.take(text)
        if (!answer) return
        end()
        resolve(answer)
      }
      if (port) port.write(lineOf(command))
      else failed('the line was closed')
    })

  const askNow: SerialLine['ask'] = async (command, timeout, isLast) => {
    try {
      await wake()
      return await exchange(command, timeout, isLast)
    } catch (error) {
      if (isInfraError(error)) throw error
      failed(describeError(error)) // of the system, by opening or writing
      close()
      throw failure('serial-failed', describeError(error))
    }
  }

  return {
    ask: (command, timeout, isLast) => inTurn(() => askNow(command, timeout, isLast)),
    close() {
      close()
      failed('the line was closed')
    },
  }
}

/** @throws TypeError for a file that is no terminal */
const asTerminal = (fd: number): ReadStream => {
  try {
    return new ReadStream(fd)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}
