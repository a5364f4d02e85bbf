import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Store } from '../db/store.ts'
import { checkSameHome, FORGET_FILE, type TrustFiles } from './same-home.ts'
import { isWhole } from './whole-file.ts'
import { makeFolder, writeWhole } from './write-whole.ts'

const KEY = 'trust'
const LOOK_EVERY = seconds(5)
/** What lies in the folder besides, half-written files above all, is nobody's secret. */
const OURS = /^[a-z][a-z0-9-]*\.(pem|key|json)$/
/** Written last: a folder without it was not filled to the end. */
const LAST = 'signing.json'

type Bundle = { readonly v: 1; readonly files: TrustFiles }
type Kv = Pick<Store, 'get' | 'set'>
/** Where a site's copy is kept. */
type Kept = { readonly store: Kv; readonly site: string }

/**
 * Writes the files back that the database keeps, when the folder has none: a backup of the database alone restores a
 * coordinator's identity. A folder that has some is left as it is.
 * @returns the names of what was restored
 * @throws InfraError config-invalid when folder and database have the keys of two homes, or the folder lost some
 */
export const restoreTrust = async (folder: string, store: Kv): Promise<readonly string[]> => {
  const copy = (await bundleIn(store))?.files
  if (!copy) return []
  const here = readFiles(folder, filesIn(folder))
  if (Object.keys(here).length > 0) {
    checkSameHome(folder, here, copy)
    return []
  }
  makeFolder(folder)
  const names = Object.keys(copy).filter((name) => OURS.test(name))
  const order = [...names.filter((name) => name !== LAST), ...names.filter((name) => name === LAST)]
  for (const name of order) writeWhole(join(folder, name), copy[name] ?? '')
  return names
}

/**
 * Forgets what the database keeps when a file in the folder says so: the folder counts. True when it did.
 * @throws InfraError config-invalid when something in the folder is broken: the copy may be the only good one
 */
export const forgetCopy = async (folder: string, { store, site }: Kept): Promise<boolean> => {
  const wish = join(folder, FORGET_FILE)
  if (!existsSync(wish)) return false
  const broken = Object.entries(readFiles(folder, filesIn(folder))).find((file) => !isWhole(site, file))
  if (broken) {
    const file = join(folder, broken[0])
    const message = `${file} is broken: mend it or take it away before the database’s copy is forgotten`
    throw new InfraError('config-invalid', message, { context: { file } })
  }
  await store.set(KEY, null)
  rmSync(wish)
  return true
}

export type Mirror = {
  /** Resolves when the database has the folder as it is now. @throws InfraError from the store; config-invalid for another home's keys */
  save(): Promise<void>
  stop(): void
}

/** Keeps the folder's content in the database as one bundle, now and whenever it changes. */
export const keepMirror = (
  folder: string,
  { store, site, clock, log }: Kept & { readonly clock: Clock; readonly log: Log },
): Mirror => {
  let saved = ''
  let waiting: Promise<void> = Promise.resolve()
  const saveNow = async (): Promise<void> => {
    const stamp = stampOf(folder)
    if (stamp === saved || stamp === '') return
    const before = (await bundleIn(store))?.files ?? {}
    // what somebody deleted or broke by mistake can still be had here
    const files = {
      ...before,
      ...Object.fromEntries(
        Object.entries(readFiles(folder, filesIn(folder))).filter((file) => isWhole(site, file)),
      ),
    }
    checkSameHome(folder, files, before)
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

const readFiles = (folder: string, names: readonly string[]): TrustFiles =>
  Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

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
