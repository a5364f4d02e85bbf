import { schedule, type ScheduledTask } from 'node-cron'
import type { Log } from '@infra-home/shared/log.ts'

export type Job = {
  readonly name: string
  /** Five cron fields, in the house's time zone. */
  readonly at: string
  run(): Promise<void>
}

/** Runs jobs at their times in `timeZone`, one run of a job at a time; a failing job is a log line and is tried at its next time. */
export const startJobs = (
  jobs: readonly Job[],
  /** Of the IANA database; undefined: the machine's. */
  { log, timeZone }: { readonly log: Log; readonly timeZone: string | undefined },
): (() => Promise<void>) => {
  const running = new Set<Promise<void>>()
  const tasks: ScheduledTask[] = jobs.map(({ name, at, run }) =>
    schedule(
      at,
      async () => {
        const work = run().catch((error: unknown) =>
          log('error', 'a job failed', { job: name, error: String(error) }),
        )
        running.add(work)
        await work
        running.delete(work)
      },
      { name, noOverlap: true, ...(timeZone !== undefined && { timezone: timeZone }) },
    ),
  )
  for (const task of tasks)
    log('debug', 'a job is planned', { job: task.name, next: task.getNextRun()?.toISOString() ?? null })
  return async () => {
    for (const task of tasks) await task.stop()
    await Promise.all(running)
  }
}
