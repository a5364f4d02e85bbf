// The owner's rules through a coordinator as it is shipped: read at the start, by SIGHUP and by the API, refused as a whole, and remembered.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { askRest } from '../helpers/ask-rest.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'

type Rule = {
  readonly code: string
  readonly origin: string
  readonly data: { readonly fire?: number } | null
}
type Alert = { readonly code: string; readonly state: string; readonly text: string }
type Answer = { readonly status: number; readonly body: Record<string, unknown> }

const MAIN = join(import.meta.dirname, '../../../coordinator/src/main.ts')
const LOAD = { code: 'busy', severity: 'info', advice: 'wait', metric: 'load1', fire: 4, clear: 2 }

t.test('rules of one’s own', async (t) => {
  const home = coordinatorHome(['rpi4-1'], { rulesFile: 'rules.json', log: 'info' })
  t.teardown(home.remove)
  const write = (...rules: readonly object[]): void =>
    writeFileSync(join(home.stateDir, 'rules.json'), JSON.stringify({ rules }))
  const start = async () => {
    const coordinator = await home.start()
    const { http, tokenFile } = coordinator.addresses
    const headers = {
      authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
      accept: 'application/json',
    }
    const owned = async (): Promise<readonly Rule[]> => {
      const { items } = await askRest<{ items: Rule[] }>(http, '/api/v1/rules?limit=500')
      return items.filter(({ origin }) => origin === 'owner')
    }
    return {
      owned,
      end: coordinator.end,
      hangUp: () => coordinator.child.kill('SIGHUP'),
      ready: async (): Promise<string> => (await fetch(`${http}/readyz`)).text(),
      refused: async (): Promise<Alert | undefined> =>
        (await askRest<{ items: Alert[] }>(http, '/api/v1/alerts')).items.find(
          ({ code, state }) => code === 'rules-refused' && state === 'firing',
        ),
      async reload(how: RequestInit = { headers }): Promise<Answer> {
        const answer = await fetch(`${http}/api/v1/rules/reload`, { method: 'POST', ...how })
        return { status: answer.status, body: (await answer.json()) as Answer['body'] }
      },
    }
  }
  const firesAt = (rules: readonly Rule[]): unknown[] => rules.map(({ data }) => data?.fire)
  const check = () =>
    spawnSync(process.execPath, [MAIN, '--config', home.configFile, '--check-config'], { encoding: 'utf8' })

  write(LOAD)
  let ours = await start()
  t.same(firesAt(await ours.owned()), [4], 'they are in force at the start')
  t.match(await ours.reload(), { status: 200, body: { changed: false, owned: 1 } })
  t.match(await ours.reload({}), { status: 401 }, 'and nobody changes them without a token')

  write({ ...LOAD, fire: 8 })
  ours.hangUp()
  await eventually('the new rule', async () => firesAt(await ours.owned())[0] === 8)

  write(LOAD, { ...LOAD, code: 'other', fire: 'hot' })
  t.match(await ours.reload(), {
    status: 422,
    body: {
      type: 'urn:infra-home:problem:rules-refused',
      errors: [
        { path: '/rules/1/fire', message: '/rules/1/fire: "hot" – expected a number: bad from here on' },
      ],
    },
  })
  t.same(firesAt(await ours.owned()), [8], 'not even the one that is right')
  t.match(await ours.refused(), {
    text: /rules.json is refused, the rules of before stay: \/rules\/1\/fire: "hot"/,
  })
  t.match(await ours.ready(), /^ready\n! .*rules.json is refused/)
  t.match(check(), { status: 2, stderr: /rules.json: \/rules\/1\/fire: "hot" – expected a number/ })

  await ours.end('SIGKILL')
  ours = await start()
  t.same(firesAt(await ours.owned()), [8], 'a start goes by those of before, which the journal has')
  t.match(await ours.refused(), { code: 'rules-refused' })
  t.match(await ours.ready(), /^ready\n! .*rules.json is refused/)

  write({ ...LOAD, fire: 6 })
  t.match(check(), { status: 0 })
  t.match(await ours.reload(), { status: 200, body: { changed: true, owned: 1 } })
  t.same(firesAt(await ours.owned()), [6])
  await eventually('that all is well', async () => !(await ours.refused()))
  t.equal(await ours.ready(), 'ready\n')
  await ours.end('SIGTERM')
})
