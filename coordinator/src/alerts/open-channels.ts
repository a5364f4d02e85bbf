import { InfraError } from '@infra-home/shared/errors.ts'
import type { LoadedConfig } from '../config.ts'
import { readSecret } from '../read-secret.ts'
import { CHANNEL_KINDS } from './channels.gen.ts'
import type { Channel } from './channels/channel.ts'
import { httpPost } from './channels/http-post.ts'

/** The ways to people that the configuration names. @throws InfraError config-invalid */
export const openChannels = ({ config }: LoadedConfig, configFile: string): Channel[] =>
  (config.channels ?? []).map((channel) => {
    const kind = CHANNEL_KINDS.find((k) => k.kind === channel.kind)
    if (!kind) throw new InfraError('config-invalid', `${configFile}: no channel kind ${channel.kind}`)
    const bearer = channel.bearerFile ? { bearer: readSecret(configFile, channel.bearerFile) } : {}
    return kind.create(channel.name, { ...channel, ...bearer } as never, httpPost)
  })
