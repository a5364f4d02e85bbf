import type { HttpClient } from '../../sys/sys.ts'
import type { AlarmChannel } from '../channel.ts'
import type { LoadedChannel } from '../load-alarm.ts'
import { post, POSTING_LIMIT } from '../post.ts'

/** Posts JSON to a URL of one's own, of the shape that the coordinator's webhook has, and who says it. */
export const webhook = (
  { url, bearer }: Extract<LoadedChannel, { kind: 'webhook' }>,
  http: HttpClient,
): AlarmChannel => ({
  name: 'webhook',
  limit: POSTING_LIMIT,
  send: ({ site, node, id, event, title, text, at, duplicate, repeat }) =>
    post(
      http,
      { url, bearer },
      {
        title,
        text,
        site,
        node,
        items: [
          { id, alertId: id, event, title, text, severity: 'critical', at, late: false, repeat, duplicate },
        ],
        stillFiring: event === 'fired' ? 1 : 0,
      },
    ),
})
