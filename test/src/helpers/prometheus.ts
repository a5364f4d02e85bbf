import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

export type Prometheus = {
  /** The series that an expression gives now. @throws Error with Prometheus’ own words when it is none */
  query(expr: string): Promise<readonly { readonly metric: Record<string, string> }[]>
  /** Names of rules, by group. */
  rules(): Promise<Record<string, string[]>>
  stop(): Promise<void>
}

/** A real Prometheus on loopback that asks `target` every second. */
export const startPrometheus = async (target: string, ruleFile: string): Promise<Prometheus> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-prometheus-'))
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [ruleFile],
    scrape_configs: [{ job_name: 'infra-home', static_configs: [{ targets: [target] }] }],
  }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)) // JSON is YAML
  const port = await freePort()
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const ask = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()) as {
      status: string
      error?: string
      data: unknown
    }
    if (answer.status !== 'success') throw new Error(answer.error)
    return answer.data
  }
  const query: Prometheus['query'] = async (expr) =>
    (
      (await ask(`query?query=${encodeURIComponent(expr)}`)) as {
        result: { metric: Record<string, string> }[]
      }
    ).result
  await eventually(
    'Prometheus',
    () =>
      query('up').then(
        (found) => found.length,
        () => 0,
      ),
    30,
  )
  return {
    query,
    async rules() {
      const { groups } = (await ask('rules')) as { groups: { name: string; rules: { name: string }[] }[] }
      return Object.fromEntries(groups.map(({ name, rules }) => [name, rules.map((rule) => rule.name)]))
    },
    async stop() {
      child.kill('SIGTERM')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
