import type { Publish } from '@infra-home/coordinator/alerts/channels/channel.ts'
import type { Errand } from '@infra-home/coordinator/alerts/errand.ts'

/** An errand in a house that can say things on its bus, and has nobody to command. */
export const errandBy = (publish: Publish): Errand => ({
  id: '01M6A6FT000000000100000008',
  publish,
  command: async () => ({ answer: 'away', detail: null }),
})
