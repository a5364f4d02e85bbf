// A router with a network of the house and two uplinks to one internet, wired between network namespaces.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ip } from '../helpers/exec-here.ts'
import { type Took, watchLateness } from '../helpers/late-ticks.ts'

/** The namespaces around the router's, which is this process's own. */
export type Ends = {
  readonly house: string
  readonly gateways: readonly [string, string]
  readonly internet: string
}

export const TARGETS = ['1.1.1.1', '8.8.8.8', '9.9.9.9']
export const SERVER = '203.0.113.1'

const INSIDE = [
  ['lan10', '10.10.0.1/24', '10.10.0.50/24'],
  ['wan1', '192.168.8.10/24', '192.168.8.1/24'],
  ['wan2', '192.168.9.10/24', '192.168.9.1/24'],
] as const
const OUTSIDE = [
  ['world1', '198.51.100.1', '198.51.100.2'],
  ['world2', '198.51.101.1', '198.51.101.2'],
] as const

/** What the first uplink's line does to packets, beyond its gateway. */
export type Line = {
  readonly delayMs?: number
  readonly loss?: number
  readonly bitsPerSecond?: number
  readonly queueMs?: number
  /** The most that is added to each way's delay, for each packet anew. */
  readonly jitterMs?: number
}

export type Uplinks = {
  /** Changes the first uplink's line; only where it was wired as one. */
  line(line: Line): void
  stop(): void
}

/**
 * Wires it all, and lets it forward. With `line`, the first uplink goes through a program that delays and loses; with
 * `isSameAddress`, both gateways gave the same address, as two boxes of one brand do.
 */
export const wireUplinks = async (
  { house, gateways, internet }: Ends,
  {
    line = null,
    isSameAddress = false,
  }: { readonly line?: Line | null; readonly isSameAddress?: boolean } = {},
): Promise<Uplinks> => {
  ip('link set lo up')
  for (const [i, [device, own, others]] of INSIDE.entries()) {
    const name = [house, ...gateways][i]
    const [address, theirs] =
      isSameAddress && device === 'wan2' ? [INSIDE[1][1], INSIDE[1][2]] : [own, others]
    ip(`link add ${device} type veth peer name up0 netns ${name}`)
    ip(`addr add ${address} dev ${device}`)
    ip(`link set ${device} up`)
    ip(`-n ${name} addr add ${theirs} dev up0`)
    ip(`-n ${name} link set up0 up`)
    ip(`-n ${name} link set lo up`)
  }
  let box: ChildProcess | null = null
  for (const [i, [device, ours, theirs]] of OUTSIDE.entries()) {
    const name = gateways[i] ?? ''
    if (i === 0 && line) box = await startBox(name, internet, device)
    else ip(`-n ${name} link add net0 type veth peer name ${device} netns ${internet}`)
    ip(`-n ${name} addr add ${ours}/24 dev net0`)
    ip(`-n ${name} link set net0 up`)
    ip(`-n ${name} route add default via ${theirs} dev net0`)
    ip(`-n ${internet} addr add ${theirs}/24 dev ${device}`)
    ip(`-n ${internet} link set ${device} up`)
  }
  ip(`-n ${internet} link set lo up`)
  for (const address of [SERVER, ...TARGETS]) ip(`-n ${internet} addr add ${address}/32 dev lo`)
  ip(`-n ${house} route add default via 10.10.0.1`)
  ip('route add default via 192.168.8.1 dev wan1 metric 600 proto dhcp')
  ip(`route add default via ${isSameAddress ? '192.168.8.1' : '192.168.9.1'} dev wan2 metric 700 proto dhcp`)
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
  for (const gateway of gateways) {
    inNamespace(
      gateway,
      `nft 'add table ip nat; add chain ip nat p { type nat hook postrouting priority srcnat; }; add rule ip nat p oifname net0 masquerade'`,
    )
    forward(gateway, true)
  }
  const change: Uplinks['line'] = (to) => void box?.stdin?.write(lineWords(to))
  if (line) change(line)
  return { line: change, stop: () => box?.kill('SIGKILL') }
}

const lineWords = ({ delayMs = 0, loss = 0, bitsPerSecond = 0, queueMs = 0, jitterMs = 0 }: Line): string =>
  `${delayMs} ${loss} ${bitsPerSecond} ${queueMs} ${jitterMs}\n`

const startBox = async (gateway: string, internet: string, device: string): Promise<ChildProcess> => {
  const box = spawn(
    'ip',
    ['netns', 'exec', gateway, 'perl', join(import.meta.dirname, 'line-box.pl'), 'net0', device, internet],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  await once(box.stdout, 'data')
  return box
}

/** Runs a line of the shell in a namespace. */
export const inNamespace = (name: string, line: string): void =>
  void execFileSync('ip', ['netns', 'exec', name, 'sh', '-c', line])

/** Whether a gateway forwards; when it ends, it ends without a word, and the gateway itself goes on answering. */
export const forward = (gateway: string, on: boolean): void =>
  inNamespace(gateway, `echo ${on ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`)

/** Drops what an expression of nft takes, of all that a namespace hands on or is told itself; null ends that. */
export const drop = (name: string, what: string | null): void => {
  const begin = `nft 'add table ip fault; delete table ip fault'`
  const rule = ['forward', 'input']
    .map(
      (hook) =>
        `add chain ip fault ${hook} { type filter hook ${hook} priority 0; }; add rule ip fault ${hook} ${what} drop`,
    )
    .join('; ')
  inNamespace(name, what === null ? begin : `${begin}; nft 'add table ip fault; ${rule}'`)
}

/** Sends everybody's web to a port of the gateway's own; null ends that. */
export const divertWeb = (name: string, port: number | null): void => {
  const begin = `nft 'add table ip portal; delete table ip portal'`
  const rule = `add table ip portal; add chain ip portal p { type nat hook prerouting priority -100; }; add rule ip portal p tcp dport 80 redirect to :${port}`
  inNamespace(name, port === null ? begin : `${begin}; nft '${rule}'`)
}

/** Which device new packets leave by. */
export const leavesBy = (): string =>
  / dev (\S+)/.exec(spawnSync('ip', ['route', 'get', SERVER], { encoding: 'utf8' }).stdout)?.[1] ?? ''

/** Milliseconds until they leave by `device`. @throws after `seconds` */
export const untilLeavesBy = async (device: string, seconds = 60): Promise<number> => {
  const begun = performance.now()
  while (leavesBy() !== device) {
    if (performance.now() - begun > seconds * 1000) throw new Error(`nothing leaves by ${device}`)
    await wait(5)
  }
  return Math.round(performance.now() - begun)
}

/** The same, and how late this process's timers were meanwhile. @throws after `seconds` */
export const tookUntilLeavesBy = async (device: string, seconds?: number): Promise<Took> => {
  const late = watchLateness()
  return { ms: await untilLeavesBy(device, seconds), lateMs: late() }
}
