import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Store } from '../db/store.ts'
import { writeWhole } from './write-whole.ts'

const KEY = 'trust'
const LOOK_EVERY = seconds(5)
/** What lies in the folder besides, half-written files above all, is nobody's secret. */
const OURS = /^[a-z][a-z0-9-]*\.(pem|key|json)$/

type Bundle = { readonly v: 1; readonly files: Readonly<Record<string, string>> }
type Kv = Pick<Store, 'get' | 'set'>

/**
 * Writes the files back that the database keeps, when the folder has none: a backup of the database alone restores a
 * coordinator's identity.
 * @returns the names of what was restored
 */
export const restoreTrust = async (folder: string, store: Kv): Promise<readonly string[]> => {
  if (filesIn(folder).length > 0) return []
  const bundle = await bundleIn(store)
  if (!bundle) return []
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ours = Object.entries(bundle.files).filter(([name]) => OURS.test(name))
  for (const [name, content] of ours) writeWhole(join(folder, name), content)
  return ours.map(([name]) => name)
}

export type Mirror = {
  /** Resolves when the database has the folder as it is now. @throws InfraError from the store */
  save(): Promise<void>
  stop(): void
}

/** Keeps the folder's content in the database as one bundle, now and whenever it changes. */
export const keepMirror = (
  folder: string,
  { store, clock, log }: { readonly store: Kv; readonly clock: Clock; readonly log: Log },
): Mirror => {
  let saved = ''
  let waiting: Promise<void> = Promise.resolve()
  const saveNow = async (): Promise<void> => {
    const stamp = stampOf(folder)
    if (stamp === saved || stamp === '') return
    const before = await bundleIn(store)
    const now = filesIn(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
    // what somebody deleted by mistake can still be had here
    const files = { ...before?.files, ...Object.fromEntries(now) }
    await store.set(KEY, JSON.stringify({ v: 1, files } satisfies Bundle))
    saved = stamp
  }
  const save = (): Promise<void> => {
    waiting = waiting.catch(() => {}).then(saveNow)
    return waiting
  }
  const stop = every(clock, LOOK_EVERY, () => {
    save().catch((error: unknown) =>
      log('error', 'the database cannot keep a copy of the keys', { error: describeError(error) }),
    )
  })
  return { save, stop }
}

const bundleIn = async (store: Kv): Promise<Bundle | null> => {
  const text = await store.get(KEY)
  return text === null ? null : (JSON.parse(text) as Bundle)
}

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => OURS.test(name))
        .sort()
    : []

/** Changes when a file does. */
const stampOf = (folder: string): string =>
  filesIn(folder)
    .map((name) => {
      const { mtimeMs, size, ino } = statSync(join(folder, name))
      return `${name} ${mtimeMs} ${size} ${ino}`
    })
    .join('\n')
