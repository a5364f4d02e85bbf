import type { WebSocket } from 'ws'
import { describeError } from '@infra-home/shared/errors.ts'
import { kindsIn } from '../kinds.ts'
import { Problem } from '../problem.ts'
import type { RouteTools } from '../routes/route.ts'
import { follow, type Wanted } from './follow.ts'
import { entryJson, GAP, HEARTBEAT_MS, MOST_WAITING_BYTES, resumeAt } from './said.ts'

type Tools = Pick<RouteTools, 'context' | 'journal' | 'listeners'>

/** RFC 6455 §7.4.1: a policy was violated · something unexpected · try again later. */
const [POLICY, UNEXPECTED, LATER] = [1008, 1011, 1013]

/** Follows the journal for one WebSocket until it goes. */
export const serveSocket = (tools: Tools, client: WebSocket, query: URLSearchParams): void => {
  client.on('error', () => client.terminate())
  const leave = tools.listeners.admit(() => client.terminate())
  if (!leave) return client.close(LATER, 'so many listen already')
  const stopBeating = beat(client)
  client.on('close', () => {
    leave()
    stopBeating()
  })
  begin(tools, client, query).catch((error: unknown) => {
    if (error instanceof Problem) return client.close(POLICY, error.message.slice(0, 100))
    tools.context.log('warn', 'a listener is sent away', { error: describeError(error) })
    client.close(UNEXPECTED, 'the journal cannot be read')
  })
}

const begin = async (
  { context, journal }: Tools,
  client: WebSocket,
  query: URLSearchParams,
): Promise<void> => {
  const wanted: Wanted = {
    kinds: kindsIn(query.get('kind') ?? undefined),
    node: query.get('node') ?? undefined,
  }
  const after = await resumeAt(journal, query.get('after') ?? undefined)
  if (after === 'unknown') client.send(JSON.stringify(GAP))
  let taken = Promise.resolve()
  const stop = follow(context, {
    wanted,
    after: after === 'unknown' ? null : after,
    give(entry) {
      taken = new Promise((resolve) => client.send(entryJson(entry), () => resolve()))
      if (client.bufferedAmount > MOST_WAITING_BYTES) client.terminate()
    },
    drained: () => taken,
    missed: () => client.send(JSON.stringify(GAP)),
    failed: () => client.close(UNEXPECTED, 'the journal cannot be read'),
  })
  client.on('close', stop)
  if (client.readyState !== client.OPEN) stop()
}

/** A peer that does not answer between two pings is gone, whatever TCP thinks. */
const beat = (client: WebSocket): (() => void) => {
  let heard = true
  client.on('pong', () => (heard = true))
  const timer = setInterval(() => {
    if (!heard) return client.terminate()
    heard = false
    client.ping()
  }, HEARTBEAT_MS)
  return () => clearInterval(timer)
}
