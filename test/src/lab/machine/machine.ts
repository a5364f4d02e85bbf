import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DurationMs, milliseconds } from '@infra-home/shared/clock.ts'
import { type Conversation, converse } from './conversation.ts'
import { type Boot, writeInitramfs } from './initramfs.ts'
import type { Kernel } from './kernel.ts'
import { startQemu } from './qemu.ts'
import type { Said } from './transcript.ts'

export type MachineOptions = Pick<Boot, 'script' | 'modules'> & {
  readonly kernel: Kernel
  /** from power-on; then the machine is killed */
  readonly timeout: DurationMs
  readonly memoryMb?: number
  /** every line of the script as it comes */
  readonly onLine?: (line: string) => void
}

export type MachineRun = Said & {
  /** crashed: the machine went off before the script was through */
  readonly end: 'script' | 'timeout' | 'stopped' | 'crashed'
  /** what the kernel and process 1 said: little more than the switching off, when all went well */
  readonly console: string
  /** from power-on to the first command of the script; null when it never began */
  readonly bootTook: DurationMs | null
  /** from power-on to the end of qemu */
  readonly took: DurationMs
}

export type Machine = Pick<Conversation, 'send' | 'nextLine'> & {
  readonly ended: Promise<MachineRun>
  /** Cuts the power. */
  stop(): Promise<MachineRun>
}

/**
 * Boots a machine whose root is this machine's own, writable in memory only, runs a script in it as root, and turns it off.
 * @throws Error with the last lines of its console when the script did not come to its end
 */
export const runInMachine = async (options: MachineOptions): Promise<MachineRun> => {
  const run = await (await powerOn(options)).ended
  if (run.end !== 'script') throw endedEarly(run)
  return run
}

/**
 * Boots such a machine and resolves when its script begins, to talk with it over its standard input and output.
 * nextLine rejects when the machine ends before it said such a line.
 * @throws Error with the last lines of its console when it did not come that far
 */
export const startMachine = async (options: MachineOptions): Promise<Machine> => {
  const machine = await powerOn(options)
  const orEnd = <T>(wanted: Promise<T>): Promise<T> =>
    Promise.race([wanted, machine.ended.then((run) => Promise.reject(endedEarly(run)))])
  await orEnd(machine.began)
  return { ...machine, nextLine: (matching) => orEnd(machine.nextLine(matching)) }
}

const powerOn = async (options: MachineOptions): Promise<Machine & Pick<Conversation, 'began'>> => {
  const folder = await mkdtemp(join(tmpdir(), 'infra-home-machine-'))
  const giveUpAfter = milliseconds(options.timeout + 5000)
  const initramfs = await writeInitramfs(options.kernel, { ...options, giveUpAfter }, folder)

  const on = performance.now()
  const qemu = startQemu(options.kernel, initramfs, options.memoryMb)
  const talk = converse(qemu.line, options.onLine)
  let bootTook: DurationMs | null = null
  void talk.began.then((at) => (bootTook = milliseconds(at - on)))
  let killed: 'timeout' | 'stopped' | null = null
  const kill = (why: 'timeout' | 'stopped'): void => {
    killed ??= why
    qemu.kill()
  }
  const timer = setTimeout(() => kill('timeout'), options.timeout)
  const ended = qemu.ended.then(async (console): Promise<MachineRun> => {
    const took = milliseconds(performance.now() - on)
    clearTimeout(timer)
    await rm(folder, { recursive: true, force: true })
    const said = talk.transcript.whole()
    const end = said.exitCode === null ? (killed ?? 'crashed') : 'script'
    return { end, ...said, console, bootTook, took }
  })
  const stop = (): Promise<MachineRun> => {
    kill('stopped')
    return ended
  }
  return { ...talk, ended, stop }
}

const endedEarly = ({ end, took, console, output }: MachineRun): Error => {
  const last = [...console.split('\n'), ...output.split('\n')].slice(-40)
  return new Error(
    `the emulated machine ended before its script (${end}, ${Math.round(took)} ms): ${last.join('\n')}`,
  )
}
