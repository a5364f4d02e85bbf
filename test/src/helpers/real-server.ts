import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Test } from 'tap'

/**
 * What `prepare` gives, or null after it said that the thing cannot be had on this machine: then the test is skipped by
 * name with the reason. With CI=true that is a failure, for there every test must have run.
 */
export const orSkip = async <T>(
  t: Pick<Test, 'pass'>,
  name: string,
  prepare: () => T | Promise<T>,
): Promise<T | null> => {
  try {
    return await prepare()
  } catch (error) {
    if (!(error instanceof CannotBeHad) || process.env['CI'] === 'true') throw error
    t.pass(name, { skip: error.message })
    return null
  }
}

/** Where fetched and built servers are kept: one folder for all clones of this user. */
export const cacheDir = (): string =>
  process.env['INFRA_HOME_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'infra-home')

/**
 * The folder `name` of the cache; `build` fills it the first time. Others see the folder only when it is whole, and a
 * second test process waits for the first one instead of building the same thing.
 * @param says what is fetched or built, for the person who waits
 */
export const builtOnce = async (
  name: string,
  says: string,
  build: (folder: string) => Promise<void>,
): Promise<string> => {
  const folder = join(cacheDir(), name)
  if (existsSync(folder)) return folder
  await mkdir(dirname(folder), { recursive: true })
  await using _lock = await lock(`${folder}.lock`)
  if (existsSync(folder)) return folder
  process.stderr.write(`infra-home: ${says} (once, kept in ${folder}) …\n`)
  const half = await mkdtemp(`${folder}.half-`)
  try {
    await build(half)
    await rename(half, folder).catch((error: unknown) => {
      // A lock that outlived its ten minutes let two build it: the other one's is as good.
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(half, { recursive: true, force: true })
  }
  return folder
}

/** @throws CannotBeHad which names the packages of the programs that are missing */
export const needPrograms = (packageOf: Readonly<Record<string, string>>): void => {
  const missing = Object.keys(packageOf).filter((program) => findProgram(program) === null)
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((program) => packageOf[program]))]
  throw new CannotBeHad(`no ${missing.join(', ')} here: install ${packages.join(' ')}`)
}

/** The path of a program, null when it is not installed. */
export const findProgram = (name: string): string | null =>
  searchPath.map((folder) => join(folder, name)).find(isExecutable) ?? null

/**
 * Runs a program to its end.
 * @returns its standard output
 * @throws Error whose message is the last line of its standard error
 */
export const runProgram = async (
  program: string,
  args: readonly string[],
  cwd = process.cwd(),
): Promise<string> => {
  const env = { ...process.env, LC_ALL: 'C', PATH: searchPath.join(delimiter) }
  try {
    return (await promisify(execFile)(program, args, { cwd, env, maxBuffer: 2 ** 26 })).stdout
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    const says = stderr.split('\n').at(-1) ?? ''
    throw new Error(`${program} ${args.join(' ')}: ${says === '' ? String(error) : says}`, { cause: error })
  }
}

/** Users other than root often have no sbin in their path, though they may run depmod. */
const searchPath = [
  ...new Set([...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']),
].filter((folder) => folder !== '')

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Held until disposed of. That of a dead process is taken away; that of a living one is respected for ten minutes. */
const lock = async (path: string): Promise<AsyncDisposable> => {
  for (let waited = 0; waited < 10 * 60_000; waited += LOCK_POLL_MS) {
    if (await takeLock(path)) break
    if (await isAbandoned(path)) await rm(path, { force: true })
    else await sleep(LOCK_POLL_MS)
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
}

const LOCK_POLL_MS = 200

const takeLock = async (path: string): Promise<boolean> => {
  try {
    await using file = await open(path, 'wx')
    await file.writeFile(String(process.pid))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

const isAbandoned = async (path: string): Promise<boolean> => {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''))
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/** Why a real server cannot be had on this machine: a sentence for people, with what would help. */
export class CannotBeHad extends Error {
  override readonly name = 'CannotBeHad'
}
