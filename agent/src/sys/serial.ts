import type { DurationMs } from '@infra-home/shared/clock.ts'

/** A serial line to a device that answers commands, as a modem does. */
export type SerialLine = {
  /**
   * Sends a command and resolves with what comes back: all lines that are not empty, up to the first that `isLast` takes. A prompt is a line too.
   * One at a time: the next waits for the last.
   * @throws InfraError serial-failed (no such device, no right to it, gone), serial-timeout
   */
  ask(command: string, timeout: DurationMs, isLast: (line: string) => boolean): Promise<readonly string[]>
  close(): void
}

/** Devices that a modem may be at; the last two are names that udev gives for good. */
export const SERIAL_DEVICE = /^\/dev\/(tty(USB|ACM|AMA|S)\d{1,3}|serial\/by-(id|path)\/\w[\w:.-]*)$/

/** Opens nothing yet: the device is opened with the first command, and again with the next after it failed. */
export type OpenSerial = (device: string) => SerialLine

/** Ends a text that a modem waits for (TS 27.005 §3.5.1). */
export const CTRL_Z = '\x1A'
/** Tells a modem that no text will come. */
export const ESCAPE = '\x1B'

/** A command as it goes out: it ends with a carriage return, where it does not end by itself. */
export const lineOf = (command: string): string =>
  command.endsWith(CTRL_Z) || command.endsWith(ESCAPE) ? command : `${command}\r`
