import { appendFileSync, chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ip } from '../src/helpers/exec-here.ts'
import { eventually } from '../src/helpers/eventually.ts'
import { findProgram } from '../src/helpers/real-server.ts'
import { started } from '../src/lab/processes.ts'

/** keepalived as its users set it for an uplink, and as fast as it goes; lsm as it comes. */
export const RIVALS = [
  { name: 'keepalived', program: 'keepalived' },
  { name: 'keepalived-1s-fall2', program: 'keepalived' },
  { name: 'keepalived-1s-fall1', program: 'keepalived' },
  { name: 'lsm', program: 'lsm' },
] as const
export type Rival = (typeof RIVALS)[number]
type Name = Rival['name']

const SCRIPTS = [
  { interval: 2, timeout: 3, fall: 3, rise: 3 },
  { interval: 1, timeout: 1, fall: 2, rise: 2 },
  { interval: 1, timeout: 1, fall: 1, rise: 1 },
] as const

export type Rivals = {
  /** How often each said since `at`, on the wall, that the uplink is dead. */
  downs(at: number): Readonly<Partial<Record<Name, number>>>
  /** Milliseconds after `at` at which each first said so; null for who has not. */
  firstDown(at: number): Readonly<Partial<Record<Name, number | null>>>
  stop(): Promise<void>
}

export type Watched = { readonly target: string; readonly device: string; readonly from: string }

/** A network of their own for what keepalived says to others: there is nobody. */
export const makeRivalNetwork = (): void => {
  ip('link add vr0 type veth peer name vr1')
  ip('addr add 192.0.2.1/30 dev vr0')
  for (const end of ['vr0', 'vr1']) ip(`link set ${end} up`)
}

/** Starts those that are installed, and resolves when each says that the uplink lives. */
export const startRivals = async (watched: Watched): Promise<Rivals> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-rivals-'))
  const log = join(folder, 'log')
  appendFileSync(log, '')
  const script = (name: string, line: string): string => {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\n${line}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const notify = script('notify', `echo "$1 $4 $(date +%s%3N)" >> ${log}`)
  const event = script('event', `echo "3 $1 $(date +%s%3N)" >> ${log}`)
  writeFileSync(join(folder, 'keepalived.conf'), keepalivedConfig(watched, notify))
  writeFileSync(join(folder, 'lsm.conf'), lsmConfig(watched, event))
  const at = (name: string): string => join(folder, name)
  const here = RIVALS.filter(({ program }) => findProgram(program) !== null)
  const words: Readonly<Record<Rival['program'], string>> = {
    keepalived: `--dont-fork --vrrp --log-console -f ${at('keepalived.conf')} -p ${at('k.pid')} -r ${at('v.pid')}`,
    lsm: `--no-fork --config ${at('lsm.conf')} --pidfile ${at('lsm.pid')}`,
  }
  const programs: ChildProcess[] = [...new Set(here.map(({ program }) => program))].map((program) =>
    started(findProgram(program) ?? program, words[program].split(' '), 'ignore'),
  )
  for (const program of programs) program.stdout?.resume()
  const said = (): { rival: Name; state: string; at: number }[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [index, state = '', when] = line.split(' ')
        return { rival: RIVALS[Number(index)]?.name ?? 'lsm', state, at: Number(when) }
      })
  const downsOf = (rival: Name, since: number): number[] =>
    said().flatMap((one) =>
      one.rival === rival && one.at >= since && /^(FAULT|down)$/.test(one.state) ? [one.at] : [],
    )
  const each = <T>(of: (rival: Name) => T): Readonly<Partial<Record<Name, T>>> =>
    Object.fromEntries(here.map(({ name }) => [name, of(name)]))

  const alive = new Set<Name>()
  await eventually(
    'all of them to say that the uplink lives',
    () => {
      for (const { rival, state } of said())
        if (/^(MASTER|up)$/.test(state)) alive.add(rival)
        else alive.delete(rival)
      return alive.size === here.length
    },
    60,
  )
  return {
    downs: (since) => each((rival) => downsOf(rival, since).length),
    firstDown: (since) =>
      each((rival) => {
        const [first] = downsOf(rival, since)
        return first === undefined ? null : first - since
      }),
    async stop() {
      const ended = programs.map((program) => once(program, 'close'))
      for (const program of programs) program.kill('SIGTERM')
      await Promise.all(ended)
    },
  }
}

const keepalivedConfig = ({ target, from }: Watched, notify: string): string =>
  [
    'global_defs {\n  script_user root\n}',
    ...SCRIPTS.map(
      ({ interval, timeout, fall, rise }, i) => `
vrrp_script ask${i} {
  script "/bin/ping -c1 -W${timeout} -I ${from} ${target}"
  interval ${interval}
  timeout ${timeout}
  fall ${fall}
  rise ${rise}
}
vrrp_instance one${i} {
  state BACKUP
  interface vr0
  virtual_router_id ${11 + i}
  priority 100
  advert_int 1
  track_script {
    ask${i}
  }
  notify "${notify} ${i}"
}`,
    ),
  ].join('\n')

const lsmConfig = ({ target, device }: Watched, event: string): string => `debug=0
defaults {
  name=defaults
  checkip=127.0.0.1
  eventscript=${event}
  max_packet_loss=15
  max_successive_pkts_lost=7
  min_packet_loss=5
  min_successive_pkts_rcvd=10
  interval_ms=1000
  timeout_ms=1000
  warn_email=
  check_arp=0
  sourceip=
  ttl=0
}
connection {
  name=uplink
  checkip=${target}
  device=${device}
}
`
