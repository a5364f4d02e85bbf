import { type Clock, minutes } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Publisher } from './publisher.ts'
import { seldom } from './seldom.ts'

/** A forger can send without an end; who he is does not change with the number. */
const TOLD = 5

/** Tells the coordinator, now and then, that somebody speaks in its name. */
export const forgeryWatch = (
  publisher: Publisher,
  clock: Clock,
  log: Log,
): ((topic: string, fault: string) => void) => {
  const mayTell = seldom(TOLD, minutes(10))
  return (topic, fault) => {
    if (!mayTell(clock.now().mono)) return
    log('warn', 'somebody speaks in the name of the coordinator', { topic, fault })
    publisher.event('refused', { id: topic.slice(0, 256), verb: 'message', reason: fault })
  }
}
