// Runs inside a network namespace that the test made, a router's: each way of asking over an uplink of which something is wrong, while traffic goes by
// another that works. Prints one JSON line for each question.
import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { actuateRouting } from '@infra-home/agent/router/actuate.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { PROBE_KINDS, probeKinds } from '../conformance/probe-kinds.ts'
import { eventually } from '../helpers/eventually.ts'
import { execHere, ip, tell } from '../helpers/exec-here.ts'
import { watchLateness } from '../helpers/late-ticks.ts'
import { inside } from '../lab/processes.ts'
import { divertWeb, drop, inNamespace, leavesBy, TARGETS, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
await startWorld(
  { gateways: [gateway1, gateway2], internet },
  {
    others: [
      inside(gateway1, 'world-program.ts', 'portal', '8080', 'http://192.168.8.1/login'),
      inside(gateway1, 'world-program.ts', 'liar', '5353'),
    ],
  },
)
const FROM = '192.168.8.10'
const uplink = (id: string, index: number, octet: number) => ({
  id,
  index,
  interface: `wan${index}`,
  networks: [
    {
      family: 'ipv4',
      address: `192.168.${octet}.10`,
      subnet: `192.168.${octet}.0/24`,
      gateway: `192.168.${octet}.1`,
    },
  ] as const,
})
const uplinks = [uplink('mifi', 1, 8), uplink('dsl', 2, 9)]
await actuateRouting(execHere, { uplinks, lans: [], active: 'dsl' })
const nft = (line: string): string => execFileSync('nft', [line], { encoding: 'utf8' })
nft(
  `add table ip strays; add counter ip strays gone; add chain ip strays o { type filter hook output priority 0; }; add rule ip strays o oifname wan2 ip saddr ${FROM} counter name gone`,
)
const strays = (): number => Number(/packets (\d+)/.exec(nft('list counter ip strays gone'))?.[1])

const kinds = probeKinds(execHere, '192.168.8.1')
const open = (): number =>
  process.getActiveResourcesInfo().filter((name) => /UDP|TCP(Socket|Connect)|Process/.test(name)).length
/** What a question says, and when, and whether it leaves anything open. */
const ask = async (mood: string, kind: (typeof PROBE_KINDS)[number], from = FROM): Promise<void> => {
  const before = open()
  const late = watchLateness()
  const begun = performance.now()
  const said = await kinds[kind]({ from, target: TARGETS[0] ?? '', timeout: seconds(1) }).catch(
    (error: unknown) => (isInfraError(error) ? error.code : String(error)),
  )
  const ms = Math.round(performance.now() - begun) - late()
  const isClosed = await eventually('all is closed', () => open() <= before, 3).catch(() => false)
  tell(`${kind} ${mood}`, { said, ms, isClosed })
}
const askAll = async (mood: string, from = FROM): Promise<void> => {
  for (const kind of PROBE_KINDS) await ask(mood, kind, from)
}

const refuse = (on: boolean): void =>
  inNamespace(
    gateway1,
    on
      ? `nft 'add table ip refuse; add chain ip refuse f { type filter hook forward priority 0; }; add chain ip refuse i { type filter hook input priority 0; }; add rule ip refuse f iifname up0 reject; add rule ip refuse i iifname up0 reject'`
      : `nft 'delete table ip refuse'`,
  )
const lie = (): void =>
  inNamespace(
    gateway1,
    `nft 'add table ip lie; add chain ip lie p { type nat hook prerouting priority -100; }; add rule ip lie p iifname up0 udp dport 53 redirect to :5353'`,
  )
await wait(500)
await askAll('answered')
refuse(true)
await askAll('refused')
refuse(false)
drop(gateway1, 'iifname up0')
tell('traffic goes by another', { leavesBy: leavesBy() })
await askAll('silent')
drop(gateway1, null)
await askAll('of an address that is not ours', '192.0.2.1')
drop(gateway1, 'iifname up0 meta length > 1300')
await ask('of large packets lost', 'full-size')
await ask('of large packets lost', 'icmp')
drop(gateway1, null)
divertWeb(gateway1, 8080)
await ask('by a portal', 'page')
divertWeb(gateway1, null)
lie()
await ask('by a liar', 'dns')
ip('link set wan1 down')
await askAll('without a link')
tell('strays', { packets: strays() })
process.exit(0)
