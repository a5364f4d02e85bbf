import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import type { DurationMs } from '@infra-home/shared/clock.ts'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import { turnstile } from '../turnstile.ts'
import type { SerialLine } from './serial.ts'

/** A longer answer is of no modem. */
const MOST_CHARACTERS = 65_536

type Port = { readonly stream: ReadStream; readonly write: (text: string) => void }

/**
 * A terminal device of this machine, made raw: nothing is echoed, and nothing is taken for a signal. Its speed is left as it is: a modem at USB
 * has none, and another keeps what it was given at boot (stty(1)).
 */
export const realSerial = (device: string): SerialLine => {
  const inTurn = turnstile()
  let port: Port | null = null
  let heard: (text: string) => void = () => {}
  let failed: (why: string) => void = () => {}

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
      if (port?.stream === stream) close()
      failed(why)
    }
    stream.on('error', (error) => over(error.message))
    stream.on('close', () => over('the line was closed'))
    return { stream, write: (text) => void writeSync(fd, text, null, 'latin1') }
  }

  const askNow = (
    command: string,
    timeout: DurationMs,
    isLast: (line: string) => boolean,
  ): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      let rest = ''
      const lines: string[] = []
      const end = (): void => {
        clearTimeout(timer)
        heard = () => {}
        failed = () => {}
      }
      const fail = (code: 'serial-failed' | 'serial-timeout', why: string): void => {
        end()
        reject(new InfraError(code, `${device}: ${why}`, { context: { device } }))
      }
      const timer = setTimeout(() => {
        fail('serial-timeout', `no answer within ${timeout} ms`)
        close() // what it says later would be taken for the answer to something else
      }, timeout)
      failed = (why) => fail('serial-failed', why)
      heard = (text) => {
        const parts = (rest + text).split(/[\r\n]+/)
        rest = (parts.pop() ?? '').slice(-MOST_CHARACTERS)
        for (const line of parts.filter((part) => part !== '')) {
          lines.push(line)
          if (!isLast(line)) continue
          end()
          return resolve(lines)
        }
      }
      try {
        port ??= open()
        port.write(`${command}\r`)
      } catch (error) {
        close()
        fail('serial-failed', describeError(error))
      }
    })

  return { ask: (command, timeout, isLast) => inTurn(() => askNow(command, timeout, isLast)), close }
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
