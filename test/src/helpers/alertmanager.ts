import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

export type Alertmanager = {
  readonly url: string
  /** Kills it and starts it again: it has forgotten what was firing. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Debian's Alertmanager on loopback, which takes silence for an end after a second and tells `webhook` at once. */
export const startAlertmanager = async (webhook: string): Promise<Alertmanager> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-alertmanager-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(
    config,
    `global: { resolve_timeout: 1s }
route: { receiver: ear, group_by: [alertname], group_wait: 10ms, group_interval: 200ms }
receivers: [{ name: ear, webhook_configs: [{ url: '${webhook}', send_resolved: true }] }]
`,
  )
  const args = [
    `--config.file=${config}`,
    `--storage.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ]
  const launch = async () => {
    const started = spawn('prometheus-alertmanager', args, { stdio: 'ignore' })
    await eventually('Alertmanager', () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    return started
  }
  let child = await launch()
  const kill = async (): Promise<void> => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  return {
    url,
    async restart() {
      await kill()
      child = await launch()
    },
    async stop() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
