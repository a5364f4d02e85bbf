import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { days, wallLater, type WallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { LoadedConfig } from '../../config.ts'
import { openAuthority } from '../../trust/authority.ts'
import { openIdentities } from '../../trust/identities.ts'
import { COORDINATOR_NAME } from '../../trust/server-certificate.ts'
import { trustFolder } from '../../trust/signing-keys.ts'
import { firstBook } from './first-book.ts'

export const MOSQUITTO_USAGE = 'coordinator --config FILE mosquitto FOLDER'

const NAME = 'mosquitto'
/** It has no agent that would renew it: its owner runs this again. */
const LIFE = days(5 * 365)

/**
 * Writes into a folder all that a Mosquitto needs to be the broker of this home: key, certificate, authority, revocation list, the
 * first book of its dynamic-security plugin, and a configuration to include. Called again it renews key and certificate, and
 * leaves the plugin's book alone.
 * @param words what follows `mosquitto`
 * @returns what to do next, for people
 * @throws InfraError usage
 */
export const mosquittoCommand = async (
  { config, site, stateDir }: LoadedConfig,
  words: readonly string[],
  now: WallMs,
): Promise<string> => {
  const { broker } = config
  if (words.length !== 1 || !words[0]) throw new InfraError('usage', `usage: ${MOSQUITTO_USAGE}`)
  if (broker?.kind !== 'external' || !broker.tls)
    throw new InfraError('usage', 'the configuration has no broker of kind external with tls')
  const folder = resolve(words[0])
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const file = (name: string): string => join(folder, name)
  const trust = trustFolder(stateDir)
  const authority = await openAuthority(trust, site)
  const identities = openIdentities(trust)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const { certificate, serial, notAfter } = await authority.issue({
    name: NAME,
    publicKey: spki,
    notAfter: wallLater(now, LIFE),
    serverNames: [...new Set([broker.host, NAME, 'localhost', '127.0.0.1', '::1'])],
  })
  identities.enrol(NAME, { role: 'broker', by: 'administrator', serial, notAfter, publicKey: spki, at: now })
  writeFileSync(file('authority.pem'), authority.certificate)
  writeFileSync(file('broker.pem'), certificate)
  writeFileSync(file('broker.key'), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  writeFileSync(file('revoked.pem'), await authority.revocationList(identities.withdrawn(now)))
  const book = file('dynamic-security.json')
  if (!existsSync(book))
    writeFileSync(
      book,
      `${JSON.stringify(firstBook(COORDINATOR_NAME, config.homeAssistant?.prefix), null, 2)}\n`,
      { mode: 0o600 },
    )
  writeFileSync(file('infra-home.conf'), configuration(broker.port, file))
  return [
    `Mosquitto's files are in ${folder}. Next:`,
    `  give broker.key and dynamic-security.json to the user that Mosquitto runs as (chown mosquitto:)`,
    `  add to mosquitto.conf: include_dir ${folder}`,
    `  restart Mosquitto, and reload it whenever ${file('revoked.pem')} changes`,
    `  set in the configuration: broker.tls.revocationList to ${file('revoked.pem')}`,
  ].join('\n')
}

/** Names of files end with .conf for include_dir; the plugin lies where Debian and NixOS put it, or its owner moves the line. */
const configuration = (port: number, file: (name: string) => string): string =>
  [
    `listener ${port}`,
    `cafile ${file('authority.pem')}`,
    `certfile ${file('broker.pem')}`,
    `keyfile ${file('broker.key')}`,
    `crlfile ${file('revoked.pem')}`,
    'require_certificate true',
    'use_identity_as_username true',
    'use_username_as_clientid true',
    'allow_anonymous false',
    'max_packet_size 307200',
    `plugin ${PLUGINS.find((path) => existsSync(path)) ?? PLUGINS[0]}`,
    `plugin_opt_config_file ${file('dynamic-security.json')}`,
    '',
  ].join('\n')

const PLUGINS = [
  '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
  '/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so',
  '/usr/lib/mosquitto_dynamic_security.so',
] as const
