import type { SimulatedInterface, SimulatedMachine } from '@infra-home/agent/sys/simulated/machine.ts'
import { simulatedReach } from '@infra-home/agent/sys/simulated/reach.ts'
import type { SimulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import type { Reach, Way } from '@infra-home/agent/sys/reach.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { type Clock, milliseconds, seconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { type FakeKernel, fakeKernel } from '../../helpers/fake-kernel.ts'

/** A line out of the house: its box hangs on an interface of the router. */
type WayOut = {
  readonly nic: SimulatedInterface
  readonly gateway: string
  /** Anything passes beyond its box. */
  passes: boolean
  /** The box resolves names. */
  resolves: boolean
}

/** What the router has beside what every simulated machine has: a kernel that it may change, and lines out of the house. */
export type WaysOut = {
  readonly kernel: FakeKernel
  readonly dsl: WayOut
  readonly mifi: WayOut
  /** net.ipv4.ip_forward */
  forwards: boolean
  /** Whether new packets get out of the house. */
  isOnline(): boolean
  dress(sys: SimulatedSys): SimulatedSys
}

/** Where the box of a line is, by the interface that leads there. */
type Box = { readonly interface: string; readonly gateway: string }

export const waysOut = (
  { interfaces }: SimulatedMachine,
  boxes: Readonly<Record<'dsl' | 'mifi', Box>>,
): WaysOut => {
  const kernel = fakeKernel()
  const wayBy = ({ interface: name, gateway }: Box): WayOut => {
    const nic = interfaces.find((one) => one.name === name)
    if (!nic) throw new RangeError(`the router has no ${name}`)
    return { nic, gateway, passes: true, resolves: true }
  }
  const [dsl, mifi] = [wayBy(boxes.dsl), wayBy(boxes.mifi)]
  for (const { nic, gateway } of [mifi, dsl])
    kernel.put({ type: 'unicast', dst: 'default', gateway, dev: nic.name, protocol: 'dhcp', metric: 600 })
  const ways: WaysOut = {
    kernel,
    dsl,
    mifi,
    forwards: true,
    isOnline() {
      const [first] = kernel.defaults()
      return [dsl, mifi].some((way) => way.nic.name === first?.['dev'] && carries(way) && way.passes)
    },
    dress: (sys) => ({
      ...sys,
      exec: execOn(ways, sys),
      readText: async (path) => FILES[path]?.(ways) ?? (await sys.readText(path)),
      reach: reachBy([dsl, mifi], sys.clock),
    }),
  }
  return ways
}

const carries = ({ nic }: WayOut): boolean => nic.adminUp && nic.carrier

const FILES: Readonly<Record<string, (ways: WaysOut) => string>> = {
  '/proc/self/status': () => 'CapEff:\t0000000000001000\n',
  '/proc/sys/net/ipv4/ip_forward': ({ forwards }) => `${Number(forwards)}\n`,
}

const execOn = ({ kernel, dsl, mifi }: WaysOut, sys: SimulatedSys): Sys['exec'] => {
  let ruleset: string | null = null
  return async (program, args, ...rest) => {
    switch (program) {
      case 'nft':
        if (args.includes('list')) return ruleset ?? failed('nft failed (1): No such file or directory')
        ruleset = args[0] ?? ''
        return ''
      case 'conntrack':
        return args.includes('--version') ? 'conntrack v1.4.7' : kernel.sys.exec(program, args)
      case 'ping':
        return ping([dsl, mifi], sys.clock, args)
      case 'ip':
        return args.includes('addr') || args.includes('neigh')
          ? sys.exec(program, args, ...rest)
          : kernel.sys.exec(program, args)
      default:
        return sys.exec(program, args, ...rest)
    }
  }
}

const failed = (text: string): never => {
  throw new InfraError('exec-failed', text)
}

const ROUND_TRIP = milliseconds(45)

/** `ping … -W SECONDS … -I FROM TARGET` */
const ping = async (ways: readonly WayOut[], clock: Clock, args: readonly string[]): Promise<string> => {
  const [from, target] = [args[args.indexOf('-I') + 1], args.at(-1)]
  const way = ways.find((one) => addressOf(one) === from)
  const isHeard = !way || (carries(way) && (way.passes || target === way.gateway))
  await sleep(clock, isHeard ? ROUND_TRIP : seconds(Number(args[args.indexOf('-W') + 1])))
  if (isHeard) return '1 packets transmitted, 1 received\n'
  throw new InfraError('exec-failed', 'ping failed (1)', { context: { code: '1' } })
}

const addressOf = ({ nic }: WayOut): string | undefined => nic.addresses[0]?.address

/** Whoever asks from an address of a line asks over it: its box, or what is beyond. */
const reachBy = (ways: readonly WayOut[], clock: Clock): Reach => {
  const reaches = ways.map((way) => ({
    way,
    box: simulatedReach(clock, () => carries(way) && way.resolves),
    beyond: simulatedReach(clock, () => carries(way) && way.passes),
  }))
  const over = ({ from, to }: Way): Reach => {
    const found = reaches.find(({ way }) => addressOf(way) === from)
    if (!found) throw new InfraError('probe-failed', `${from} is no address of a line`)
    return to === found.way.gateway ? found.box : found.beyond
  }
  return {
    ask: async (way, payload, isAnswer) => over(way).ask(way, payload, isAnswer),
    knock: async (way) => over(way).knock(way),
    say: async (way, payload) => over(way).say(way, payload),
  }
}
