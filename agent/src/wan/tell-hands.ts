import type { Log } from '@infra-home/shared/log.ts'
import type { Publisher } from '../publisher.ts'
import type { RouterHandsOptions } from './router-hands.ts'

/** Tells what a router's hands meet with, and what they do by themselves. */
export const tellHands = (
  log: Log,
  publisher: Pick<Publisher, 'event'>,
): Pick<RouterHandsOptions, 'onFailure' | 'onDrift' | 'onSwept'> => ({
  onFailure: (why) => log('warn', 'cannot see this machine’s network', { why }),
  onDrift({ changes, repaired }) {
    log('warn', 'somebody else changed what is ours', { repaired, what: changes.join('; ') })
    publisher.event('drift', { changes, repaired })
  },
  onSwept: (uplink, flows) =>
    log('info', 'flows of an uplink that is not in use were ended', { uplink, flows }),
})
