import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

export type SecureMosquitto = {
  readonly port: number
  readonly logFile: string
  /** Gives it another revocation list, as a reload of the service does. */
  revoke(list: string): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

export type SecureMosquittoFiles = {
  /** All PEM. */
  readonly authority: string
  readonly certificate: string
  readonly key: string
  readonly revocationList: string
  /** What the plugin starts with. */
  readonly dynamicSecurity: object
}

/** A real Mosquitto that wants a certificate of every client, with its dynamic-security plugin. */
export const startSecureMosquitto = async (files: SecureMosquittoFiles): Promise<SecureMosquitto> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-mosquitto-'))
  chmodSync(folder, 0o755)
  const at = (name: string): string => join(folder, name)
  const port = await freePort()
  writeFileSync(at('authority.pem'), files.authority)
  writeFileSync(at('broker.pem'), files.certificate)
  writeFileSync(at('broker.key'), files.key)
  writeFileSync(at('revoked.pem'), files.revocationList)
  writeFileSync(at('dynamic-security.json'), JSON.stringify(files.dynamicSecurity))
  writeFileSync(at('log'), '')
  const config = [
    `listener ${port} 127.0.0.1`,
    `cafile ${at('authority.pem')}`,
    `certfile ${at('broker.pem')}`,
    `keyfile ${at('broker.key')}`,
    `crlfile ${at('revoked.pem')}`,
    'require_certificate true',
    'use_identity_as_username true',
    'use_username_as_clientid true',
    'allow_anonymous false',
    'plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
    `plugin_opt_config_file ${at('dynamic-security.json')}`,
    'max_packet_size 307200',
    'persistence false',
    'log_type all',
    `log_dest file ${at('log')}`,
    'user root',
  ]
  writeFileSync(at('mosquitto.conf'), config.join('\n'))
  const launch = async (): Promise<ChildProcess> => {
    const before = readFileSync(at('log'), 'utf8').length
    const started = spawn('mosquitto', ['-c', at('mosquitto.conf')], { stdio: 'ignore' })
    await eventually('Mosquitto', () => readFileSync(at('log'), 'utf8').slice(before).includes(' running'))
    return started
  }
  let child = await launch()
  const stop = async (): Promise<void> => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  return {
    port,
    logFile: at('log'),
    async revoke(list) {
      writeFileSync(at('revoked.pem'), list)
      const before = readFileSync(at('log'), 'utf8').length
      child.kill('SIGHUP')
      await eventually('the reload', () =>
        readFileSync(at('log'), 'utf8').slice(before).includes('Reloading'),
      )
    },
    async restart() {
      await stop()
      child = await launch()
    },
    async stop() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
