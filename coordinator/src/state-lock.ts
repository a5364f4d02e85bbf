import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'

/** A process, so that no other one is ever taken for it: a number is given again, a start is not. */
type Holder = {
  readonly pid: number
  /** Clock ticks since the boot: proc(5), /proc/PID/stat, field 22. */
  readonly start: string
  readonly boot: string
  /** RFC 3339, for people. */
  readonly since: string
}

export type StateLockOptions = {
  readonly pid: number
  /** This boot's id. */
  readonly boot: string
  /** RFC 3339. */
  readonly at: string
  /** When a process started; null when there is none of this number. */
  readonly startOf?: (pid: number) => string | null
}

/**
 * Makes the state folder ours alone until the returned function is called: two coordinators would tear the journal's chain
 * in two. What a process left that is no more is taken over.
 * @throws InfraError store-failed when a process that lives has it
 */
export const lockState = (stateDir: string, options: StateLockOptions): (() => void) => {
  const { pid, boot, at, startOf = startOfProcess } = options
  const file = join(stateDir, 'coordinator.lock')
  const own = JSON.stringify({ pid, start: startOf(pid) ?? '', boot, since: at } satisfies Holder)
  const lives = (text: string): Holder | null => {
    const holder = holderIn(text)
    return holder?.boot === boot && startOf(holder.pid) === holder.start ? holder : null
  }
  const fresh = `${file}.${pid}`
  writeFileSync(fresh, `${own}\n`, { mode: 0o600 })
  try {
    while (!linked(fresh, file)) {
      const left = textOf(file)
      const holder = lives(left)
      if (holder) throw inUse(stateDir, holder)
      takeOver({ file, fresh, left, lives })
    }
  } finally {
    rmSync(fresh, { force: true })
  }
  return () => {
    if (textOf(file).trim() === own) rmSync(file, { force: true })
  }
}

type TakeOver = {
  readonly file: string
  readonly fresh: string
  /** What a process that is no more has left in the file. */
  readonly left: string
  readonly lives: (text: string) => Holder | null
}

/** Removes what was left. A second file says who does it: of two at once, one would remove the other's new lock. */
const takeOver = ({ file, fresh, left, lives }: TakeOver): void => {
  const turn = `${file}.turn`
  if (linked(fresh, turn)) {
    if (textOf(file) === left) rmSync(file, { force: true })
    rmSync(turn, { force: true })
    return
  }
  const text = textOf(turn)
  if (text !== '' && !lives(text)) renameSync(turn, `${fresh}.left`)
  rmSync(`${fresh}.left`, { force: true })
}

const inUse = (stateDir: string, { pid, since }: Holder): InfraError =>
  new InfraError(
    'store-failed',
    `the state folder ${stateDir} is in use by process ${pid} (since ${since}): stop it first`,
    { context: { stateDir, pid } },
  )

/** Gives a file a second name, which nobody may have yet: whole or not at all. */
const linked = (file: string, name: string): boolean => {
  try {
    linkSync(file, name)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Empty when there is none. */
const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return ''
  }
}

/** Null for what no coordinator has written, as after a cut of the power. */
const holderIn = (text: string): Holder | null => {
  try {
    return JSON.parse(text) as Holder | null
  } catch {
    return null
  }
}

/** The program's name may hold spaces and brackets: what follows it is counted from the last one. */
const startOfProcess = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? null : (fields[18] ?? null)
  } catch {
    return null
  }
}
