// Lives in a thread of its own, since tap's hooks on every promise would double the price.
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { type Day, type Evening, liveADay, liveAnEvening, liveTwoHours, type TwoHours } from './lives.ts'

type Job = 'day' | 'evening' | { readonly seed: number }
type Life = Day | Evening | TwoHours

/** A thread that lives what it is asked to, one thing after the other. */
export type Apart = {
  day(): Promise<Day>
  evening(): Promise<Evening>
  twoHours(seed: number): Promise<TwoHours>
  stop(): Promise<unknown>
}

type Answer = { readonly lived: Life } | { readonly failed: unknown }

export const apart = (): Apart => {
  const worker = new Worker(new URL(import.meta.url), { execArgv: [] })
  const ask = <T extends Life>(job: Job): Promise<T> =>
    new Promise((resolve, reject) => {
      worker.once('message', (answer: Answer) =>
        'lived' in answer ? resolve(answer.lived as T) : reject(answer.failed),
      )
      worker.postMessage(job, [])
    })
  return {
    day: () => ask('day'),
    evening: () => ask('evening'),
    twoHours: (seed) => ask({ seed }),
    stop: () => worker.terminate(),
  }
}

const live = (job: Job): Promise<Life> => {
  if (job === 'day') return liveADay()
  return job === 'evening' ? liveAnEvening() : liveTwoHours(job.seed)
}

const answer = async (job: Job): Promise<Answer> => {
  try {
    return { lived: await live(job) }
  } catch (failed) {
    return { failed }
  }
}

if (!isMainThread)
  parentPort?.on('message', (job: Job) => void answer(job).then((said) => parentPort?.postMessage(said, [])))
