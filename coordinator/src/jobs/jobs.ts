import { schedule, type ScheduledTask } from 'node-cron'
import type { Log } from '@infra-home/shared/log.ts'

export type Job = {
  readonly name: string
  /** Five cron fields, in the machine's time zone. */
  readonly at: string
  run(): Promise<void>
}

/** Runs jobs at their times, one run of a job at a time; a failing job is a log line and is tried at its next time. */
export const startJobs = (jobs: readonly Job[], log: Log): (() => Promise<void>) => {
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
      { name, noOverlap: true },
    ),
  )
  return async () => {
    for (const task of tasks) await task.stop()
    await Promise.all(running)
  }
}
