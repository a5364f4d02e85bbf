import { setTimeout as wait } from 'node:timers/promises'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { simulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { agentHome } from '../src/helpers/agent-process.ts'
import { askRest } from '../src/helpers/ask-rest.ts'
import { coordinatorHome } from '../src/helpers/coordinator-process.ts'
import { serveDevice } from '../src/helpers/http-device.ts'
import { type Bench, figure, type Figure, median } from './figure.ts'
import { hilinkPollBytes, lossSeenByDefault } from './hilink-pace.ts'
import { modemManagerAlone } from './modemmanager-alone.ts'
import { ruleHouse } from './rule-house.ts'

const RULES = 200
/** Of the contract: a tick of a thousand nodes of which one in a hundred has changed. */
const NODES = 1000
const CHANGED = 0.01

/** What may be measured alone. */
export const RADIO_PARTS = [
  'rules-tick',
  'signal-loss-seen',
  'signal-loss-seen-default',
  'hilink-poll-bytes',
] as const

/** How long a tick of all rules takes, how long until a lost signal is seen, and what polling a modem carries. */
export const radio: Bench = async ({ quick, only, say }) => [
  ...('rules-tick'.includes(only) ? [rulesTick(quick ? 30 : 300, say)] : []),
  ...('signal-loss-seen'.includes(only) ? [await signalLossFigure(quick, say)] : []),
  ...('signal-loss-seen-default'.includes(only) ? [await lossSeenByDefault(quick ? 10 : 60, say)] : []),
  ...('hilink-poll-bytes'.includes(only) ? await hilinkPollBytes(say) : []),
]

/** Beside it: the same rules over every node, changed or not, as somebody would who does not know what changed. */
const rulesTick = (runs: number, say: (text: string) => void): Figure => {
  for (const nodes of [500, 1000, 2000]) {
    const house = ruleHouse(nodes, RULES)
    for (const share of [0.01, 0.02, 0.1]) {
      const ms = times(runs, () => house.tick(share * nodes))
      say(`${RULES} rules, ${nodes} nodes, ${share * 100} % changed: ${rounded(median(ms))} ms a tick`)
    }
  }
  const house = ruleHouse(NODES, RULES)
  const ours: number[] = []
  const yardstick: number[] = []
  for (let run = 0; run < runs; run++) {
    ours.push(time(() => house.tick(CHANGED * NODES)))
    if (run % 10 === 0) yardstick.push(time(() => house.tickOfAll(CHANGED * NODES)))
  }
  return figure('rules-tick', 'ms', { ours, yardstick, against: 'every rule over every node' })
}

const time = (work: () => unknown): number => {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

const times = (runs: number, work: () => unknown): number[] => Array.from({ length: runs }, () => time(work))

const rounded = (ms: number): number => Number(ms.toPrecision(3))

type Modem = { readonly state: string; readonly rsrpDbm: number | null }

const NODE = 'rpi4-1'
/** As an agent polls when it matters. */
const POLL_MS = 3000

/** Beside it: what ModemManager alone shows of a modem of its own; both at once, since each mostly waits. */
const signalLossFigure = async (quick: boolean, say: (text: string) => void): Promise<Figure> => {
  const [ours, { seconds, why }] = await Promise.all([
    signalLossSeen(quick ? 5 : 20),
    modemManagerAlone(quick ? 1 : 5),
  ])
  const shown = (all: readonly number[]): string => all.map((s) => s.toFixed(2)).join(' ')
  say(
    `signal-loss-seen: ${shown(ours)} s, polled every ${POLL_MS / 1000} s; ModemManager ${shown(seconds)} s`,
  )
  const against = 'ModemManager alone'
  const measured = figure('signal-loss-seen', 's', { ours, yardstick: seconds, against })
  return why === null ? measured : { ...measured, yardstick: { name: against, value: null, why } }
}

/** A modem over real HTTP, an agent and a coordinator as shipped, and REST asked until it says so. */
const signalLossSeen = async (runs: number): Promise<number[]> => {
  const device = simulatedHilink({ clock: realClock() })
  const server = await serveDevice(device.handle)
  const home = coordinatorHome([NODE])
  const coordinator = await home.start()
  const agent = agentHome({
    node: NODE,
    broker: {
      host: '127.0.0.1',
      port: Number(new URL(coordinator.addresses.mqtt).port),
      secret: home.secrets.get(NODE) ?? '',
    },
    signingKeys: home.signingKeys,
    modems: [{ id: 'lte', driver: 'hilink', config: { address: server.address } }],
    modemPollMs: { calm: POLL_MS, alarmed: POLL_MS },
  })
  const running = agent.start()
  const looks = async (): Promise<Modem | undefined> =>
    (await askRest<{ items: Modem[] }>(coordinator.addresses.http, '/api/v1/modems')).items[0]
  const until = async (wanted: (modem: Modem) => boolean): Promise<void> => {
    const deadline = performance.now() + 30_000
    for (let modem = await looks(); !modem || !wanted(modem); modem = await looks()) {
      if (performance.now() > deadline) throw new Error(`the modem did not come to that: ${modem?.state}`)
      await wait(5)
    }
  }
  const isOnline = ({ state, rsrpDbm }: Modem): boolean => state === 'online' && rsrpDbm !== null
  const seen: number[] = []
  await until(isOnline)
  for (let run = 0; run < runs; run++) {
    await wait((run / runs) * POLL_MS) // anywhere between two polls
    device.setRadio(null)
    const begun = performance.now()
    await until(({ state, rsrpDbm }) => state === 'searching' && rsrpDbm === null)
    seen.push((performance.now() - begun) / 1000)
    device.setRadio({})
    await until(isOnline)
  }
  await Promise.all([running.end('SIGTERM'), coordinator.end('SIGTERM')])
  await server.close()
  agent.remove()
  home.remove()
  return seen
}
