import { InfraError } from './errors.ts'

/** A process, so that no other one is ever taken for it: a number is given again, a start is not. */
type Holder = {
  readonly pid: number
  /** Clock ticks since the boot: proc(5), /proc/PID/stat, field 22. */
  readonly start: string
  readonly boot: string
  /** RFC 3339, for people. */
  readonly since: string
}

/** The files that a lock is made of. */
export type LockFiles = {
  /** Gives a file a second name, whole or not at all; false when somebody has that name. */
  link(file: string, name: string): boolean
  /** Empty when there is none, or it cannot be read. */
  read(file: string): string
  /** For its owner alone. */
  write(file: string, text: string): void
  rename(from: string, to: string): void
  /** No error when it is not there. */
  remove(file: string): void
}

export type StateLockOptions = {
  /** Whose lock it is: `agent` or `coordinator`. */
  readonly name: string
  readonly files: LockFiles
  readonly pid: number
  /** This boot's id. */
  readonly boot: string
  /** RFC 3339. */
  readonly at: string
  /** When a process started; null when there is none of this number. */
  readonly startOf?: (pid: number) => string | null
}

/**
 * Makes a state folder ours alone until the returned function is called: two coordinators would tear the journal's chain in two,
 * two agents would throw each other off the broker for ever. What a process left that is no more is taken over.
 * @throws InfraError store-failed when a process that lives has it
 */
export const lockState = (stateDir: string, options: StateLockOptions): (() => void) => {
  const { name, files, pid, boot, at, startOf = startsIn(files) } = options
  const file = `${stateDir}/${name}.lock`
  const own = JSON.stringify({ pid, start: startOf(pid) ?? '', boot, since: at } satisfies Holder)
  const lives = (text: string): Holder | null => {
    const holder = holderIn(text)
    return holder?.boot === boot && startOf(holder.pid) === holder.start ? holder : null
  }
  const fresh = `${file}.${pid}`
  files.write(fresh, `${own}\n`)
  try {
    while (!files.link(fresh, file)) {
      const left = files.read(file)
      const holder = lives(left)
      if (holder) throw inUse(stateDir, holder)
      takeOver({ files, file, fresh, left, lives })
    }
  } finally {
    files.remove(fresh)
  }
  return () => {
    if (files.read(file).trim() === own) files.remove(file)
  }
}

type TakeOver = {
  readonly files: LockFiles
  readonly file: string
  readonly fresh: string
  /** What a process that is no more has left in the file. */
  readonly left: string
  readonly lives: (text: string) => Holder | null
}

/** Removes what was left. A second file says who does it: of two at once, one would remove the other's new lock. */
const takeOver = ({ files, file, fresh, left, lives }: TakeOver): void => {
  const turn = `${file}.turn`
  if (files.link(fresh, turn)) {
    if (files.read(file) === left) files.remove(file)
    return files.remove(turn)
  }
  const text = files.read(turn)
  if (text !== '' && !lives(text)) files.rename(turn, `${fresh}.left`)
  files.remove(`${fresh}.left`)
}

const inUse = (stateDir: string, { pid, since }: Holder): InfraError =>
  new InfraError(
    'store-failed',
    `the state folder ${stateDir} is in use by process ${pid} (since ${since}): stop it first`,
    { context: { stateDir, pid } },
  )

/** Null for what neither has written, as after a cut of the power. */
const holderIn = (text: string): Holder | null => {
  try {
    return JSON.parse(text) as Holder | null
  } catch {
    return null
  }
}

/** The program's name may hold spaces and brackets: what follows it is counted from the last one. */
const startsIn =
  (files: LockFiles) =>
  (pid: number): string | null => {
    const stat = files.read(`/proc/${pid}/stat`)
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? null : (fields[18] ?? null)
  }
