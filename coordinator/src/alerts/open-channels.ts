import { InfraError } from '@infra-home/shared/errors.ts'
import { apiUrlOf } from '../api-url.ts'
import type { LoadedConfig } from '../config.ts'
import { readSecret } from '../read-secret.ts'
import { ownPart } from './channel-problems.ts'
import { CHANNEL_KINDS } from './channels.gen.ts'
import type { Channel, ChannelMeans } from './channels/channel.ts'
import { contentOf, filesOf } from './sending/file-of.ts'
import { httpRequest } from './sending/http-request.ts'
import { keepSecret } from './sending/keep-secret.ts'

/** The ways to people that the configuration names, each with what stands in its files. @throws InfraError config-invalid */
export const openChannels = (
  { config }: Pick<LoadedConfig, 'config'>,
  configFile: string,
  {
    kinds = CHANNEL_KINDS,
    http = httpRequest,
  }: { kinds?: typeof CHANNEL_KINDS; http?: ChannelMeans['http'] } = {},
): Channel[] =>
  (config.channels ?? []).map((channel) => {
    const kind = kinds.find((k) => k.kind === channel.kind)
    if (!kind) throw new InfraError('config-invalid', `${configFile}: no channel kind ${channel.kind}`)
    const own = ownPart(channel)
    const secrets = Object.fromEntries(
      filesOf(kind.configSchema).flatMap(({ field }) => {
        const path = own[field]
        return typeof path === 'string' ? [[contentOf(field), readSecret(configFile, path)]] : []
      }),
    )
    const made = kind.create(channel.name, { ...own, ...secrets } as never, {
      http,
      apiUrl: apiUrlOf(config),
    })
    return keepSecret(made, Object.values(secrets))
  })
