// Lives in a thread of its own, since tap's hooks on every promise would double the price.
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { type Day, liveADay, liveTwoHours, type TwoHours } from './lives.ts'

type Job = 'day' | { readonly seed: number }

/** A thread that lives what it is asked to, one thing after the other. */
export type Apart = {
  day(): Promise<Day>
  twoHours(seed: number): Promise<TwoHours>
  stop(): Promise<unknown>
}

type Answer = { readonly lived: Day | TwoHours } | { readonly failed: unknown }

export const apart = (): Apart => {
  const worker = new Worker(new URL(import.meta.url), { execArgv: [] })
  const ask = <T extends Day | TwoHours>(job: Job): Promise<T> =>
    new Promise((resolve, reject) => {
      worker.once('message', (answer: Answer) =>
        'lived' in answer ? resolve(answer.lived as T) : reject(answer.failed),
      )
      worker.postMessage(job, [])
    })
  return {
    day: () => ask('day'),
    twoHours: (seed) => ask({ seed }),
    stop: () => worker.terminate(),
  }
}

const answer = async (job: Job): Promise<Answer> => {
  try {
    return { lived: job === 'day' ? await liveADay() : await liveTwoHours(job.seed) }
  } catch (failed) {
    return { failed }
  }
}

if (!isMainThread)
  parentPort?.on('message', (job: Job) => void answer(job).then((said) => parentPort?.postMessage(said, [])))
