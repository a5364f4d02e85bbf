import type { Modem } from '../modems/modem.ts'
import type { HttpClient } from '../sys/sys.ts'
import type { AlarmChannel } from './channel.ts'
import { ntfy } from './channels/ntfy.ts'
import { sms } from './channels/sms.ts'
import { webhook } from './channels/webhook.ts'
import type { LoadedChannel } from './load-alarm.ts'

export type ChannelMeans = {
  readonly http: HttpClient
  readonly modems: ReadonlyMap<string, Pick<Modem, 'sendSms'>>
}

export const channelOf = (channel: LoadedChannel, { http, modems }: ChannelMeans): AlarmChannel => {
  switch (channel.kind) {
    case 'ntfy':
      return ntfy(channel, http)
    case 'webhook':
      return webhook(channel, http)
    case 'sms':
      return sms(channel, modems)
  }
}
