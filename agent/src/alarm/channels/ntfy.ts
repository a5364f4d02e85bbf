import type { HttpClient } from '../../sys/sys.ts'
import type { AlarmChannel } from '../channel.ts'
import type { LoadedChannel } from '../load-alarm.ts'
import { post, POSTING_LIMIT } from '../post.ts'

const URGENT = 5
const USUAL = 3

/** Publishes as JSON to an ntfy server (docs.ntfy.sh/publish, "Publish as JSON"). */
export const ntfy = (
  { server, topic, bearer }: Extract<LoadedChannel, { kind: 'ntfy' }>,
  http: HttpClient,
): AlarmChannel => ({
  name: 'ntfy',
  limit: POSTING_LIMIT,
  send: ({ title, text, id, event }) =>
    post(
      http,
      { url: server, bearer },
      {
        topic,
        title,
        message: `${text} (alarm ${id})`,
        priority: event === 'fired' ? URGENT : USUAL,
        tags: [event === 'fired' ? 'warning' : 'white_check_mark'],
      },
    ),
})
