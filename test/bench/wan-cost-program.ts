// Runs inside a network namespace that the bench made, a router's: what watching two uplinks costs, in bytes of each question at IP level and in
// time of this processor. Prints one JSON line for each thing measured.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { dnsProbe } from '@infra-home/agent/probes/dns.ts'
import { fullSizeProbe } from '@infra-home/agent/probes/full-size.ts'
import { icmpProbe } from '@infra-home/agent/probes/icmp.ts'
import { pageProbe } from '@infra-home/agent/probes/page.ts'
import { tcpProbe } from '@infra-home/agent/probes/tcp.ts'
import { realReach } from '@infra-home/agent/sys/real-reach.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { ACTIVE_PACE, BYTES, bytesPerDay, STANDBY_PACE } from '@infra-home/shared/wan/pace.ts'
import { execHere, tell } from '../src/helpers/exec-here.ts'
import { bothUp, makeHousehold } from '../src/lab/household.ts'
import { inside } from '../src/lab/processes.ts'
import { SERVER, TARGETS, wireUplinks } from '../src/lab/uplinks.ts'
import { startWorld } from '../src/lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = '', period = '30'] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, gateway2], internet })
await startWorld({ gateways: [gateway1, gateway2], internet })

/** Bytes of IP that this machine and an uplink said to each other, by a counter of the bench's own. */
const nft = (line: string): string => execFileSync('nft', [line], { encoding: 'utf8' })
nft(
  'add table ip cost; add counter ip cost every; add chain ip cost i { type filter hook input priority 0; }; add chain ip cost o { type filter hook output priority 0; }; add rule ip cost i iifname wan1 counter name every; add rule ip cost o oifname wan1 counter name every',
)
const counted = (): number => Number(/bytes (\d+)/.exec(nft('list counter ip cost every'))?.[1])
const reach = realReach()
const way = { from: '192.168.8.10', target: TARGETS[0] ?? '', timeout: seconds(3) }
const page = { url: 'http://connectivitycheck.gstatic.com/generate_204', status: 204 }
const dns = () => dnsProbe(reach, Math.random).ask(way)
const QUESTIONS = {
  icmp: () => icmpProbe(execHere).ask(way),
  dns,
  'own-dns': dns,
  'public-dns': dns,
  tcp: () => tcpProbe(reach, 443).ask(way),
  page: () => pageProbe(reach, Math.random)({ ...way, page, resolver: '192.168.8.1' }),
  'full-size': () => fullSizeProbe(execHere)({ ...way, mtu: 1500 }),
}
const ASKED = 10
const DAY_S = 86_400
const bytes: Record<string, number> = {}
for (const [name, ask] of Object.entries(QUESTIONS)) {
  const before = counted()
  for (let i = 0; i < ASKED; i++) await ask()
  await wait(200)
  bytes[name] = (counted() - before) / ASKED
  tell(`bytes-question-${name}`, { ours: bytes[name], assumed: BYTES[name as keyof typeof BYTES] })
}
/** There is no IPv6 in this lab: what one question costs there is what is assumed. */
const measured: typeof BYTES = { ...BYTES, ...bytes }
/** What a script of keepalived's costs that pings each two seconds, as its users set it. */
const beforeRival = counted()
for (let i = 0; i < ASKED; i++)
  await execHere.exec('ping', ['-n', '-q', '-c1', '-W3', '-I', way.from, way.target])
const rival = Math.round(((counted() - beforeRival) / ASKED) * (DAY_S / 2))
tell('bytes-active-day', { ours: Math.round(bytesPerDay(ACTIVE_PACE, measured)), rival })
tell('bytes-standby-day', { ours: Math.round(bytesPerDay(STANDBY_PACE, measured)), rival })

const home = makeHousehold()
home.startCoordinator()
const agent = home.startAgent()
await home.isSo('both are up', (now) => bothUp(now) && now.holder === 'coordinator')
await wait(Math.min(10_000, Number(period) * 1000))

const TICKS_PER_SECOND = 100
/** Hundredths of a second of a process, and of its children that live. */
const ticksOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number)
  return (user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0)
}
const family = (pid: number): number[] => [
  pid,
  ...readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      try {
        return readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid)
      } catch {
        return false
      }
    }),
]
const shareOf = async (what: string): Promise<void> => {
  const ticks = (): number => family(agent.pid ?? 0).reduce((sum, pid) => sum + ticksOf(pid), 0)
  const [before, begun] = [ticks(), performance.now()]
  await wait(Number(period) * 1000)
  const share = (ticks() - before) / TICKS_PER_SECOND / ((performance.now() - begun) / 1000)
  tell(what, { ours: share })
}
await shareOf('router-cpu')
inside(house, 'echo-program.ts', 'stream', SERVER, String(Number(period) * 25), '50')
await wait(2000)
await shareOf('router-cpu-in-use')
process.exit(0)
