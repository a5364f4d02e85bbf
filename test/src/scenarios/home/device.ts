import type { LoadedAgentConfig } from '@infra-home/agent/config.ts'
import { agentFor } from '@infra-home/agent/run.ts'
import type { Agent } from '@infra-home/agent/agent.ts'
import type { IdentityFolder } from '@infra-home/agent/sys/identity-folder.ts'
import type { HttpClient } from '@infra-home/agent/sys/sys.ts'
import type { SimulatedMachine } from '@infra-home/agent/sys/simulated/machine.ts'
import { type SimulatedSys, simulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { type FakeDisk, fakeDisk } from '../../helpers/fake-disk.ts'
import type { MachineTime } from '../../helpers/house-time.ts'
import { secretOf, type TestTrust } from '../../helpers/test-trust.ts'
import type { ToyBroker, ToyLine } from '../../helpers/toy-broker.ts'
import { type Accepted, witnessDisk } from './witness.ts'

export type DeviceOptions = {
  readonly site: string
  readonly machine: SimulatedMachine
  readonly time: MachineTime
  readonly broker: ToyBroker
  readonly http: HttpClient
  readonly modems: readonly { readonly id: string; readonly driver: string; readonly address: string }[]
  readonly chance: () => number
  readonly trust: TestTrust
  readonly log: Log
  /** More of its agent's configuration. */
  readonly more?: Partial<LoadedAgentConfig>
  /** Who it is by its certificate; by its secret unless it is given. */
  readonly identity?: IdentityFolder
  /** What its system has beside what every simulated one has. */
  readonly dress?: (sys: SimulatedSys) => SimulatedSys
  /** Everything that this device's outbox has put on its disk. */
  readonly accepted: Accepted
}

/** One machine of the home with the real agent on it. */
export type Device = {
  readonly name: string
  readonly machine: SimulatedMachine
  readonly disk: FakeDisk
  readonly time: MachineTime
  sys(): SimulatedSys
  /** When each boot began, by its id, in the house's time. */
  readonly boots: ReadonlyMap<string, number>
  runs(): boolean
  /** What there is more in its agent's configuration, from its next start on. */
  configure(more: Partial<LoadedAgentConfig>): void
  /** Also while an earlier agent is still on its way out: then after it. */
  start(): void
  /** As systemd does: the agent says good-bye. */
  stop(): void
  /** As the kernel does: at once, and what was only in memory is gone. */
  kill(): void
  /** The machine begins a new boot; the agent must be dead. */
  reboot(): void
  /** The network between it and the broker. */
  cut(on: boolean): void
  /** The machine sleeps: nothing runs, nothing passes. */
  suspend(on: boolean): void
}

type Life = {
  readonly agent: Agent
  readonly sys: SimulatedSys
  readonly clock: ReturnType<MachineTime['process']>
  readonly lines: Set<ToyLine>
  over: boolean
}

/** Not as often as by default: days of this home are to pass within seconds. */
const MODEM_POLL = { calm: 30_000, alarmed: 6_000 }
const RESTART = seconds(5)

export const createDevice = (options: DeviceOptions): Device => {
  const { machine, time, broker, log } = options
  const disk = fakeDisk()
  const name = machine.hostname
  const boots = new Map<string, number>()
  const boot = (): string => `boot-${boots.size}-of-${name}`
  const noteBoot = (): void => void boots.set(`boot-${boots.size + 1}-of-${name}`, time.bootedAt())
  noteBoot()
  let life: Life | null = null
  let wanted = false
  let more = options.more ?? {}

  const end = (ended: Life): void => {
    if (ended.over) return
    ended.over = true
    for (const line of ended.lines) line.die()
    ended.clock.kill()
    disk.powerOn() // what this life still writes never arrives
    life = null
    if (wanted) bear()
  }

  const bear = (): void => {
    const born = createLife({ ...options, more }, disk, boot())
    life = born
    born.agent.start().catch((error: unknown) => {
      log('warn', 'the agent could not start', { node: name, error: String(error) })
      time.process().after(RESTART, () => end(born))
    })
  }

  return {
    name,
    machine,
    disk,
    time,
    boots,
    sys: () => life?.sys ?? simulatedSys({ machine, clock: time.process(), boot: '', disk: disk.mount() }),
    runs: () => wanted,
    configure: (other) => void (more = other),
    start() {
      wanted = true
      if (!life) bear()
    },
    stop() {
      wanted = false
      const stopping = life
      void stopping?.agent.stop().then(() => end(stopping))
    },
    kill() {
      wanted = false
      if (life) end(life)
    },
    reboot() {
      time.reboot()
      noteBoot()
    },
    cut: (on) => broker.cut(name, on),
    suspend(on) {
      broker.cut(name, on)
      time.suspend(on)
    },
  }
}

const createLife = (options: DeviceOptions, disk: FakeDisk, boot: string): Life => {
  const { site, machine, time, broker, chance, log, modems, identity, dress = (sys) => sys } = options
  const clock = time.process()
  const lines = new Set<ToyLine>()
  const node = machine.hostname
  const mounted = witnessDisk(disk.mount(), { node, accepted: options.accepted })
  const sys = dress(simulatedSys({ machine, clock, boot, disk: mounted, http: options.http }))
  const agent = agentFor(
    {
      site,
      node,
      broker: { host: 'broker', port: 1883, ...(identity && { tls: true }) },
      secret: identity ? null : secretOf(node),
      signingKeys: [...options.trust.signing.current()],
      stateDir: '',
      modemPollMs: MODEM_POLL,
      modems: modems.map(({ id, driver, address }) => ({ id, driver, config: { address } })),
      ...options.more,
    },
    sys,
    {
      chance: {
        fraction: chance,
        random80: () => [Math.floor(chance() * 2 ** 40), Math.floor(chance() * 2 ** 40)],
      },
      log,
      ...(identity && { identity }),
      wire(on) {
        const line = broker.connect({
          ...on,
          id: node,
          clock,
          onEnd(reason) {
            lines.delete(line)
            on.onEnd(reason)
          },
        })
        lines.add(line)
        return {
          publish: (topic, payload, { retain }) => line.publish({ topic, payload, retain }),
          async close() {
            lines.delete(line)
            await line.close()
          },
        }
      },
    },
  )
  return { agent, sys, clock, lines, over: false }
}
