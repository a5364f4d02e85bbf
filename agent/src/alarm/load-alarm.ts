import { checker, type Problem } from '@infra-home/shared/problem.ts'
import {
  type AlarmConfig,
  CHANNEL_KINDS,
  type ChannelConfig,
  type NtfyConfig,
  type SmsConfig,
  type WebhookConfig,
} from './alarm-config.ts'

type Bearer = { readonly bearer: string | null }

/** A channel with the secrets that it names. */
export type LoadedChannel =
  | (Pick<NtfyConfig, 'kind' | 'server' | 'topic'> & Bearer)
  | (Pick<WebhookConfig, 'kind'> & { readonly url: string } & Bearer)
  | SmsConfig

export type LoadedAlarm = Omit<AlarmConfig, 'channels'> & { readonly channels: readonly LoadedChannel[] }

/** Reads a file that a place (JSON pointer) of the configuration names. @throws InfraError config-invalid when it cannot be read */
export type SecretOf = (file: string, place: string) => string

/** An `alarm` with its secrets. @throws InfraError config-invalid */
export const loadAlarm = (alarm: AlarmConfig, secretOf: SecretOf): LoadedAlarm => {
  const load = (channel: ChannelConfig, i: number): LoadedChannel => {
    const secretIn = (file: string, key: string): string => secretOf(file, `/alarm/channels/${i}/${key}`)
    const bearerOf = ({ bearerFile }: { readonly bearerFile?: string }): string | null =>
      bearerFile === undefined ? null : secretIn(bearerFile, 'bearerFile')
    switch (channel.kind) {
      case 'ntfy': {
        const { kind, server, topic } = channel
        return { kind, server, topic, bearer: bearerOf(channel) }
      }
      case 'webhook':
        return { kind: channel.kind, url: secretIn(channel.urlFile, 'urlFile'), bearer: bearerOf(channel) }
      case 'sms':
        return channel
    }
  }
  return { ...alarm, channels: alarm.channels.map(load) }
}

/** What is wrong with each channel, by its kind. */
export const channelProblems = ({ channels }: AlarmConfig): Problem[] =>
  channels.flatMap((channel, i) =>
    checker(CHANNEL_KINDS[channel.kind])(channel).map((problem) => ({
      ...problem,
      path: `/alarm/channels/${i}${problem.path}`,
    })),
  )

/** What no schema can see: a modem that there is not, a file that holds something else. Its content is never shown. */
export const alarmProblems = (
  { channels }: Pick<LoadedAlarm, 'channels'>,
  modems: readonly { readonly id: string }[],
): Problem[] => {
  const ids = modems.map(({ id }) => id)
  return channels.flatMap((channel, i) => {
    const place = `/alarm/channels/${i}`
    switch (channel.kind) {
      case 'ntfy':
        return [
          ...urlProblems(channel.server, `${place}/server`),
          ...bearerProblems(channel.bearer, `${place}/bearerFile`),
        ]
      case 'webhook':
        return [
          ...urlProblems(channel.url, `${place}/urlFile`),
          ...bearerProblems(channel.bearer, `${place}/bearerFile`),
        ]
      case 'sms':
        return ids.includes(channel.modem)
          ? []
          : [{ path: `${place}/modem`, value: channel.modem, expected: expectedModem(ids) }]
    }
  })
}

const expectedModem = (ids: readonly string[]): string =>
  ids.length === 0 ? 'a modem of this agent, which has none' : `one of ${ids.join(', ')}`

const urlProblems = (url: string, path: string): Problem[] =>
  /^https?:\/\//.test(url) && URL.canParse(url)
    ? []
    : [{ path, value: '(an address)', expected: 'an http:// or https:// URL' }]

/** A header of anything else cannot be sent, and nobody would learn of it before the alarm. */
const bearerProblems = (bearer: string | null, path: string): Problem[] =>
  bearer === null || /^[\x21-\x7e]+$/.test(bearer)
    ? []
    : [{ path, value: '(a token)', expected: 'a file with one token of printable ASCII' }]
