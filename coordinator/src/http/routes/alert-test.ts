import * as Type from 'typebox'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { Tested } from '../schemas/alerts.ts'
import { API, type Routes } from './route.ts'

/** `POST /alerts/test`. */
export const alertTestRoutes: Routes = (app, { context }) => {
  const schema = {
    summary: 'Send a test through one channel and show what both sides said',
    tags: ['alerts'],
    body: Type.Object(
      { channel: Type.String({ minLength: 1, maxLength: 63 }) },
      { additionalProperties: false },
    ),
  }
  const config = { scope: 'operate', shows: Tested } as const
  app.post(`${API}/alerts/test`, { config, schema }, async (request, reply) => {
    const { channel } = request.body
    if (!context.channels.includes(channel))
      throw new Problem('invalid-input', `there is no channel ${channel}`, [
        {
          path: 'body/channel',
          message: `is one of ${context.channels.join(', ') || '(none is configured)'}`,
        },
      ])
    const { ok, answer, exchange, tookMs } = await context.testChannel(channel, request.owner)
    const head = `${channel}: ${ok ? 'delivered' : 'not delivered'}, ${answer}`
    return show(request, reply, {
      json: { channel, ok, answer, exchange: exchange === '' ? [] : exchange.split('\n'), tookMs },
      parts: () => [head, ...(exchange === '' ? [] : [exchange]), `It took ${Math.round(tookMs)} ms.`],
    })
  })
}
