import type { DurationMs } from '@infra-home/shared/clock.ts'

/** A serial line to a device that answers commands, as a modem does. */
export type SerialLine = {
  /**
   * Sends a command, ended by a carriage return, and resolves with what comes back: all lines that are not empty, up to the first that `isLast`
   * takes. One at a time: the next waits for the last.
   * @throws InfraError serial-failed (no such device, no right to it, gone), serial-timeout
   */
  ask(command: string, timeout: DurationMs, isLast: (line: string) => boolean): Promise<readonly string[]>
  close(): void
}

/** Opens nothing yet: the device is opened with the first command, and again with the next after it failed. */
export type OpenSerial = (device: string) => SerialLine
