// What systemd hears of the agent and the coordinator as they are shipped, on a socket like its own.
import type { ChildProcess } from 'node:child_process'
import t, { type Test } from 'tap'
import { agentHome } from '../helpers/agent-process.ts'
import { askRest } from '../helpers/ask-rest.ts'
import { blockLoop } from '../helpers/block-loop.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { type NotifySocket, notifySocket } from '../helpers/notify-socket.ts'
import { orSkip } from '../helpers/real-server.ts'
import { watchLateness } from '../helpers/late-ticks.ts'

const NODE = 'rpi4-1'
const PATIENCE_MS = 4000
const INSPECTABLE = ['--inspect-port=0']

type Subject = {
  readonly child: ChildProcess
  /** Fails unless it can do its work. */
  readonly works: (t: Test) => Promise<void>
  readonly end: () => Promise<number | null>
}

/** Starts a process as systemd would: with its socket, and with how long it may be silent. */
type Starter = (t: Test, env: Readonly<Record<string, string>>) => Promise<Subject>

const agent: Starter = async (t, env) => {
  const house = coordinatorHome([NODE])
  t.teardown(house.remove)
  const coordinator = await house.start()
  t.teardown(() => coordinator.end('SIGTERM'))
  const { http, mqtt } = coordinator.addresses
  const broker = {
    host: '127.0.0.1',
    port: Number(new URL(mqtt).port),
    secret: house.secrets.get(NODE) ?? '',
  }
  const home = agentHome({ node: NODE, broker, signingKeys: house.signingKeys })
  t.teardown(home.remove)
  const running = home.start({ env, execArgv: INSPECTABLE })
  t.teardown(() => running.end('SIGKILL'))
  const presence = async (): Promise<string | undefined> =>
    (await askRest<{ items: { state: string }[] }>(http, '/api/v1/nodes')).items[0]?.state
  return {
    child: running.child,
    works: async (t) => {
      t.equal(await eventually('its first word', async () => (await presence()) ?? null), 'online')
    },
    end: async () => {
      const code = await running.end('SIGTERM')
      await eventually('its good-bye', async () => (await presence()) === 'sleeping')
      return code
    },
  }
}

const coordinator: Starter = async (t, env) => {
  const home = coordinatorHome([NODE])
  t.teardown(home.remove)
  const running = await home.start({ env, execArgv: INSPECTABLE })
  t.teardown(() => running.end('SIGKILL'))
  return {
    child: running.child,
    works: async (t) => {
      t.equal((await fetch(`${running.addresses.http}/readyz`)).status, 200)
    },
    end: () => running.end('SIGTERM'),
  }
}

const wordsOf = (socket: NotifySocket, word: string): number[] =>
  socket.heard().flatMap((heard) => (heard.word === word ? [heard.at] : []))

const gaps = (times: readonly number[]): number[] =>
  times.slice(1).map((at, i) => Math.round(at - (times[i] ?? at)))

const whatSystemdHears = (name: string, starter: Starter): void => {
  t.test(`what systemd hears of the ${name}`, { buffered: true }, async (t) => {
    const socket = await orSkip(t, `what systemd hears of the ${name}`, notifySocket)
    if (!socket) return
    t.teardown(socket.close)
    const watched = { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: String(PATIENCE_MS * 1000) }
    const subject = await starter(t, watched)
    const fed = (): number[] => wordsOf(socket, 'WATCHDOG=1')

    await t.test('that it is ready, when it is', async (t) => {
      await eventually('READY=1', () => wordsOf(socket, 'READY=1').length > 0)
      await subject.works(t)
    })

    await t.test('that it is alive, before half its patience is over', async (t) => {
      const late = watchLateness()
      await eventually('three words', () => fed().length >= 3)
      const lateMs = late()
      const between = gaps([...wordsOf(socket, 'READY=1'), ...fed()])
      t.comment(`after ${between.join(', ')} ms of ${PATIENCE_MS} (${lateMs} late)`)
      t.ok(between.every((ms) => ms < Math.min(PATIENCE_MS, PATIENCE_MS / 2 + lateMs)))
    })

    await t.test('nothing while its event loop hangs, and that it is alive afterwards', async (t) => {
      const from = performance.now()
      await blockLoop(subject.child, 1.5 * PATIENCE_MS)
      const to = performance.now()
      t.ok(to - from >= 1.5 * PATIENCE_MS, 'it hung')
      const last = fed().findLast((at) => at < to) ?? from
      t.ok(to - last > PATIENCE_MS, 'systemd would have lost its patience')
      await eventually('a word', () => fed().some((at) => at > to))
    })

    await t.test('that it goes, once, and nothing after it', async (t) => {
      t.equal(await subject.end(), 0)
      const words = socket.heard().map(({ word }) => word)
      t.equal(words.at(-1), 'STOPPING=1')
      t.equal(words.filter((word) => word === 'STOPPING=1').length, 1)
      t.equal(words.filter((word) => word === 'READY=1').length, 1, 'and once that it was ready')
    })
  })

  t.test(`the ${name} leaves a watchdog alone that is another process’s`, { buffered: true }, async (t) => {
    const socket = await orSkip(t, `another process’s watchdog of the ${name}`, notifySocket)
    if (!socket) return
    t.teardown(socket.close)
    const subject = await starter(t, {
      NOTIFY_SOCKET: socket.path,
      WATCHDOG_USEC: '1000000',
      WATCHDOG_PID: '1',
    })
    await eventually('READY=1', () => wordsOf(socket, 'READY=1').length > 0)
    await subject.works(t)
    const from = performance.now()
    await eventually('the end of that watchdog’s patience', () => performance.now() - from > 1000)
    t.equal(await subject.end(), 0)
    t.same(wordsOf(socket, 'WATCHDOG=1'), [])
  })

  t.test(`the ${name} works where systemd does not listen`, { buffered: true }, async (t) => {
    const subject = await starter(t, { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: '1000000' })
    await subject.works(t)
    t.equal(await subject.end(), 0)
  })
}

t.jobs = 4
whatSystemdHears('agent', agent)
whatSystemdHears('coordinator', coordinator)
