// /metrics, the rules and the dashboard before a real promtool and a real Prometheus that watches a simulated home.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'mqtt'
import t from 'tap'
import { FAMILIES } from '@infra-home/coordinator/http/views/metrics.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { startPrometheus } from '../helpers/prometheus.ts'
import { needPrograms, orSkip } from '../helpers/real-server.ts'
import { simulatedHome } from '../helpers/simulated-home.ts'

const FOLDER = join(import.meta.dirname, '../../../dashboards')
const RULES = join(FOLDER, 'prometheus/infra-home.rules.yml')
/** The rules' names. */
const WRITTEN = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\S+)/g)].map(([, name]) => name)

type Panel = { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }
type Dashboard = {
  readonly panels: readonly Panel[]
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
}

const dashboard = JSON.parse(readFileSync(join(FOLDER, 'grafana/infra-home.json'), 'utf8')) as Dashboard
const EXPRESSIONS = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
)

/** What Grafana puts in for its variables. */
const filledIn = (expr: string): string => expr.replaceAll('$job', '.*').replaceAll('$__rate_interval', '10s')

/** What a simulated home that changes nothing does not have, and why. */
const EMPTY: Readonly<Record<string, string>> = {
  'infra_home_uplink_loss_ratio{job=~"$job"}': 'no question gets lost there',
  'infra_home_uplink_month_bytes{job=~"$job"}':
    'networks are counted by the ruleset of a router that may change things',
  'increase(infra_home_wan_switches_total{job=~"$job"}[1h])':
    'a router that may change nothing moves nothing',
  'infra_home_agent_rss_bytes{job=~"$job"}': 'a simulated machine has no process that could be measured',
  'infra_home_agent_outbox_bytes{job=~"$job"}': 'the same',
}

const have = () => needPrograms({ prometheus: 'prometheus', promtool: 'prometheus' })

const promtool = (args: readonly string[], input = '') =>
  spawnSync('promtool', args, { input, encoding: 'utf8', cwd: join(FOLDER, 'prometheus') })

t.test('promtool accepts the rules, and they do what their tests say', async (t) => {
  if ((await orSkip(t, 'promtool', () => (have(), true))) === null) return
  t.match(promtool(['check', 'rules', RULES]), { status: 0 })
  t.match(promtool(['test', 'rules', 'infra-home.rules.test.yml']), { status: 0 })
})

t.test('every rule has a test in which it fires', async (t) => {
  const tests = readFileSync(join(FOLDER, 'prometheus/infra-home.rules.test.yml'), 'utf8')
  const fired = [...tests.matchAll(/alertname: (\S+)\n +exp_alerts:/g)].map(([, name]) => name)
  t.same(new Set(fired), new Set(WRITTEN))
})

t.test('a Prometheus that watches a simulated home', async (t) => {
  if ((await orSkip(t, 'Prometheus', () => (have(), true))) === null) return
  const nobody = { name: 'nobody', kind: 'webhook', url: `http://127.0.0.1:${await freePort()}/` }
  const fever = { 'host-hot': { fire: 1, clear: 0, fireAfter: 0 } } // so that some alert is on at once
  const home = simulatedHome({ channels: [nobody], rules: fever })
  t.teardown(home.stop)
  const { http, mqtt, tokenFile } = await home.start()
  const token = readFileSync(tokenFile, 'utf8').trim()
  const made = await fetch(`${http}/api/v1/backups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  t.ok(made.ok, 'a backup is made')
  const stranger = connect(mqtt, { clientId: 'stranger', username: 'stranger', reconnectPeriod: 0 })
  await new Promise((refused) => stranger.once('error', refused))
  const prometheus = await startPrometheus(new URL(http).host, RULES)
  t.teardown(prometheus.stop)

  await t.test('promtool has no complaint about what it scrapes', async (t) => {
    const text = await (await fetch(`${http}/metrics`)).text()
    t.match(promtool(['check', 'metrics'], text), { status: 0, stdout: '', stderr: '' })
  })

  await t.test('every panel shows something, or has a reason not to', async (t) => {
    const isShown = async (expr: string): Promise<boolean> =>
      (await prometheus.query(filledIn(expr))).length > 0
    await eventually('a modem', () => isShown('infra_home_modem_rsrp_dbm'))
    for (const { title, expr } of EXPRESSIONS) {
      if (EMPTY[expr] !== undefined) await prometheus.query(filledIn(expr))
      else t.ok(await eventually(title, () => isShown(expr), 100).catch(() => false), `${title}: ${expr}`)
    }
    for (const { expr } of dashboard.annotations.list) await prometheus.query(filledIn(expr))
    t.same(
      Object.keys(EMPTY).filter((expr) => !EXPRESSIONS.some((one) => one.expr === expr)),
      [],
      'no reason is left over',
    )
  })

  await t.test('it loads every rule', async (t) => {
    const loaded = Object.values(await prometheus.rules()).flat()
    t.same(new Set(loaded), new Set(WRITTEN))
  })
})

t.test('rules and panels ask for nothing that /metrics does not have', async (t) => {
  const known = new Set(FAMILIES.map(({ name }) => name))
  const asked = [readFileSync(RULES, 'utf8'), ...EXPRESSIONS.map(({ expr }) => expr)].flatMap((text) =>
    text.match(/\binfra_home_[a-z0-9_]+/g),
  )
  t.same(
    [...new Set(asked)].filter((name) => name !== null && !known.has(name)),
    [],
  )
})
