// Runs inside a network namespace that the test made, a router's: a primary uplink, and behind it a phone whose network is there on demand alone. Two
// whole agents, the router's and the phone's, and a whole coordinator. Prints one JSON line for each thing seen.
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ip, tell } from '../helpers/exec-here.ts'
import { makeHousehold, type WanSeen } from '../lab/household.ts'
import { startStream } from '../lab/streams.ts'
import { forward, leavesBy, SERVER, tookUntilLeavesBy, untilLeavesBy, wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', phone = '', internet = ''] = process.argv.slice(2)
await wireUplinks({ house, gateways: [gateway1, phone], internet })
await startWorld({ gateways: [gateway1, phone], internet })

const programs = mkdtempSync(join(tmpdir(), 'infra-home-phone-'))
const program = (name: string, ...lines: string[]): string => {
  const file = join(programs, name)
  writeFileSync(file, ['#!/bin/sh', 'set -e', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}
program(
  'dumpsys',
  `printf '  AC powered: false\\n  USB powered: true\\n  status: 2\\n  level: 81\\n  scale: 100\\n  temperature: 312\\n'`,
)
const on = program(
  'on',
  'sleep 0.5',
  `ip link add wan2 type veth peer name up0 netns ${phone}`,
  `ip -n ${phone} addr add 192.168.9.1/24 dev up0`,
  `ip -n ${phone} link set up0 up`,
  'ip link set wan2 up',
  'ip addr add 192.168.9.10/24 dev wan2',
  'ip route add default via 192.168.9.1 dev wan2 metric 700 proto dhcp',
)
const off = program('off', 'ip link del wan2 2>/dev/null || true')

const home = makeHousehold({ phone: { on: [on], off: [off], programs, idleSeconds: 3 } })
const tetherOf = ({ uplinks }: WanSeen) => uplinks.find(({ id }) => id === 'tether')
const sleeps = (now: WanSeen): boolean =>
  tetherOf(now)?.cause === 'asleep' && tetherOf(now)?.tether?.on === false
const isKnown = (now: WanSeen): boolean => tetherOf(now)?.tether?.batteryPercent === 81
home.startCoordinator()
home.startAgent()
const phoneAgent = home.startPhone()
await home.isSo(
  'out by the primary, and the phone sleeps',
  (now) =>
    now.active === 'mifi' &&
    now.holder === 'coordinator' &&
    sleeps(now) &&
    isKnown(now) &&
    now.uplinks[0]?.state === 'up',
)
tell('at first', { ...(await home.wan()), text: await home.get<string>('/api/v1/wan', 'text/plain') })
const wish = { uplink: 'tether', reason: 'what if' }
tell('dry run', await home.change('POST', '/api/v1/wan/switch?dryRun=true', wish))

const users = startStream(house, SERVER, { count: 900 })
await users.begun
await wait(1000)
forward(gateway1, false)
tell('moved', await tookUntilLeavesBy('wan2'))
await home.isSo('told', ({ active, lastDecision }) => active === 'tether' && lastDecision?.ok === true)
const moved = (await home.wan()) as WanSeen
tell('by the phone', {
  ...moved,
  why: await home.get<string>(`/api/v1/events/${moved.lastDecision?.id}/explain`, 'text/plain'),
})
await users.ended

forward(gateway1, true)
await home.isSo('the primary is back', ({ uplinks }) => uplinks[0]?.state === 'up')
const back = { uplink: 'mifi', reason: 'a test', forSeconds: 2 }
const begun = performance.now()
tell('asked to go back', await home.change('POST', '/api/v1/wan/switch', back))
await untilLeavesBy('wan1')
await home.isSo('put away', sleeps)
tell('put away', { ms: Math.round(performance.now() - begun), leavesBy: leavesBy(), links: ip('-br link') })

type Decided = { id: string; summary: string; body: { policy?: string; reason?: string } }
type Events = { items: Decided[] }
const { items } = await home.get<Events>('/api/v1/events?kind=decision&limit=200')
const first = items.find(({ body }) => body.reason === 'prepare')
tell('why it was woken', {
  text: await home.get<string>(`/api/v1/events/${first?.id}/explain`, 'text/plain'),
})
type Alerts = { items: { code: string; subject: string }[] }
tell('decided', {
  reasons: items.flatMap(({ body }) => (body.policy === 'tether' ? [body.reason] : [])),
  sentences: items.flatMap(({ body, summary }) => (body.policy === 'tether' ? [summary] : [])),
  alerts: (await home.get<Alerts>('/api/v1/alerts')).items.filter(({ subject }) => subject === 'tether'),
})
phoneAgent.kill('SIGKILL')
await home.isSo('the phone is lost', (now) => tetherOf(now)?.tether?.on === null)
tell('nobody to wake', await home.change('POST', '/api/v1/wan/switch', wish))
process.exit(0)
