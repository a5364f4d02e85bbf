import type { MessagePort } from 'node:worker_threads'
import { InfraError } from '@infra-home/shared/errors.ts'
import { type Call, callOn } from '../engine.ts'
import { backupInto } from '../sqlite/backup.ts'
import { openSqlite } from '../sqlite/engine.ts'
import { isStoreJob, type Question, type Reply, toFailure } from './protocol.ts'

/** Does what this thread was started for and tells the other side through `port`; first of all, whether it could begin. */
export const serveStore = (port: MessagePort, job: unknown): void => {
  try {
    begin(job, port)
    say(port, { id: 0, ok: true, value: null })
  } catch (error) {
    say(port, { id: 0, ok: false, failure: toFailure(error) })
    port.close()
  }
}

const begin = (job: unknown, port: MessagePort): void => {
  if (!isStoreJob(job)) throw new InfraError('usage', 'this thread was not started for the store')
  if (job.storeJob === 'backup') return backupInto(job.path, job.toFile)
  const call = callOn(openSqlite(job.options))
  port.on('message', (question: Question) => void answer(question, call, port))
}

const answer = async (question: Question, call: Call, port: MessagePort): Promise<void> => {
  const { id, method, args } = question
  try {
    const value = await call(method, ...(args as never))
    say(port, { id, ok: true, value })
  } catch (error) {
    say(port, { id, ok: false, failure: toFailure(error) })
  }
  if (method === 'close') port.close()
}

const say = (port: MessagePort, reply: Reply): void => port.postMessage(reply)
