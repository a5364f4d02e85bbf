import type { DurationMs } from '@infra-home/shared/clock.ts'

/** A program that goes on running and answers each line with one. */
export type Conversing = {
  /**
   * Sends a line and resolves with the answer's. One at a time: the next waits for the last.
   * @throws InfraError exec-failed (it ended, or complained), exec-timeout
   */
  ask(line: string, timeout: DurationMs): Promise<string>
  stop(): void
}
