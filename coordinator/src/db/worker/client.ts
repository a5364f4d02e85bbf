import { Worker } from 'node:worker_threads'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Call } from '../engine.ts'
import type { SqliteOptions } from '../sqlite/engine.ts'
import type { Store } from '../store.ts'
import { storeOver } from '../store-over.ts'
import { fromFailure, type Question, type Reply, type StoreJob } from './protocol.ts'

export type WorkerStoreOptions = SqliteOptions & {
  /** The module ./host.ts, or the bundle made of it. */
  readonly workerUrl?: URL
}

/** Texts that pass through die young; without this V8 lets more of them lie about than the whole program needs. */
const LIMITS = { maxYoungGenerationSizeMb: 8 }

const SOURCE_THREAD = new URL('./host.ts', import.meta.url)

/**
 * The SQLite store in a thread of its own: this one never waits for the disk.
 * @throws InfraError store-corrupt, store-newer, store-full, store-failed
 */
export const openStoreInWorker = async (options: WorkerStoreOptions): Promise<Store> => {
  const { workerUrl = SOURCE_THREAD, ...rest } = options
  const { ask, gone } = await startThread(workerUrl, { storeJob: 'serve', options: rest })
  const call: Call = (method, ...args) => ask(method, args) as never
  return storeOver(call, {
    async backup(toFile) {
      const copy = await startThread(workerUrl, { storeJob: 'backup', path: rest.path, toFile })
      await copy.gone
    },
    async close() {
      await call('close')
      await gone
    },
  })
}

type Thread = {
  readonly ask: (method: Question['method'], args: readonly unknown[]) => Promise<unknown>
  /** Resolves when the thread has ended. */
  readonly gone: Promise<void>
}

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }

/** Resolves when the thread says that it has begun. */
const startThread = async (url: URL, job: StoreJob): Promise<Thread> => {
  const worker = new Worker(url, { workerData: job, name: `store-${job.storeJob}`, resourceLimits: LIMITS })
  const waiting = new Map<number, Waiting>()
  let ended: Error | null = null
  let asked = 0

  const end = (error: Error): void => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  const wait = (id: number): Promise<unknown> =>
    ended ? Promise.reject(ended) : new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))

  worker.on('message', (reply: Reply) => {
    const caller = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.ok) caller?.resolve(reply.value)
    else caller?.reject(fromFailure(reply.failure))
  })
  worker.on('error', (cause) =>
    end(new InfraError('store-failed', `the store's thread failed: ${describeError(cause)}`, { cause })),
  )
  const gone = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      end(new InfraError('store-failed', 'the store is closed'))
      resolve()
    })
  })
  const ask: Thread['ask'] = (method, args) => {
    const id = ++asked
    const answered = wait(id)
    if (!ended) worker.postMessage({ id, method, args } satisfies Question, [])
    return answered
  }
  await wait(0)
  return { ask, gone }
}
