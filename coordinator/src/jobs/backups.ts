import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Clock, WallMs } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Voice } from '../voice.ts'
import { statesOf } from '../world/node.ts'
import { nodesOf, type World } from '../world/world.ts'
import { backUp, backupsIn, backupTime, removeUnfinished } from './backup.ts'
import { newCapability, sameCapability } from './copy/capability.ts'
import { type Copy, openCopyFolder } from './copy/copy-folder.ts'
import { COPY_SUFFIX } from './copy/copy-suffix.ts'

/** Which nodes get a copy, and whose key opens it. */
export type CopyPlan = { readonly to: readonly string[]; readonly recipient: string; readonly keep: number }

export type LocalBackup = { readonly file: string; readonly bytes: number; readonly at: WallMs }

export type Backups = {
  readonly plan: CopyPlan | null
  /** Makes a backup, one at a time, and begins to copy it; resolves with its name. @throws InfraError store-full, store-failed */
  take(): Promise<string>
  /** Newest first. */
  kept(): Promise<readonly LocalBackup[]>
  /** Why the newest backup has no copy; null when nothing went wrong. */
  failure(): string | null
  /** The copy that lies at `capability`; null when there is none, or not any more. */
  at(capability: string): { readonly path: string; readonly bytes: number; readonly sha256: string } | null
  /** Offers the copy at this port of the broker's host, after making it if there is none of the newest backup. */
  offer(port: number): void
  /** Resolves when nothing is being made. */
  settled(): Promise<void>
  stop(): Promise<void>
}

export type BackupsOptions = {
  readonly folder: string
  readonly keep: number
  readonly plan: CopyPlan | null
  readonly backup: (file: string) => Promise<void>
  readonly world: World
  readonly wish: Voice['wish']
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Below which path copies are handed out. */
export const COPIES_PATH = '/api/v1/backups/copies'

/** Keeps backups here, and has other nodes keep an encrypted copy of the newest. */
export const openBackups = (options: BackupsOptions): Backups => {
  const { folder, keep, plan, world, wish, clock, log } = options
  removeUnfinished(folder)
  const copies = openCopyFolder(join(folder, 'copy'))
  const stopping = new AbortController()
  let capability = newCapability()
  let port: number | null = null
  let failure: string | null = null
  let taking: Promise<string> | null = null
  let copying: Promise<void> = Promise.resolve()

  const announce = ({ file, bytes, sha256 }: Copy, { to, keep }: CopyPlan): void => {
    if (port === null) return
    for (const node of to)
      wish(node, 'backup', { file, bytes, sha256, port, path: `${COPIES_PATH}/${capability}`, keep })
  }

  const copyNewest = async (plan: CopyPlan): Promise<void> => {
    const name = backupsIn(folder).at(-1)
    const old = copies.current()
    if (!name || stopping.signal.aborted) return
    if (old?.file === name + COPY_SUFFIX && old.recipient === plan.recipient) return
    const copy = await copies.replace({ path: join(folder, name), name }, plan.recipient, stopping.signal)
    capability = newCapability()
    announce(copy, plan)
    log('info', 'made an encrypted copy of the backup', { file: copy.file, bytes: copy.bytes })
  }

  /** One after the other: the newest counts. */
  const copy = (plan: CopyPlan): void => {
    copying = copying.then(async () => {
      try {
        await copyNewest(plan)
        failure = null
      } catch (error) {
        if (stopping.signal.aborted) return
        failure = describeError(error)
        log('error', 'could not make an encrypted copy of the backup', { error: failure })
      }
    })
  }

  const take = async (): Promise<string> => {
    const path = await backUp(options.backup, { folder, keep, now: clock.now().wall })
    if (plan) copy(plan)
    return basename(path)
  }

  return {
    plan,
    take() {
      taking ??= take().finally(() => {
        taking = null
      })
      return taking
    },
    async kept() {
      const names = backupsIn(folder).reverse()
      const found = await Promise.all(names.map((name) => sizeOf(join(folder, name))))
      return names.flatMap((file, i) => {
        const bytes = found[i]
        return typeof bytes === 'number' ? [{ file, bytes, at: backupTime(file) }] : []
      })
    },
    failure: () => failure,
    at(given) {
      const current = copies.current()
      const knows = sameCapability(capability, given)
      if (!knows || !current || !plan || current.recipient !== plan.recipient) return null
      return { path: copies.pathOf(current), bytes: current.bytes, sha256: current.sha256 }
    },
    offer(at) {
      port = at
      for (const node of copyless(world, plan)) wish(node, 'backup', null)
      if (!plan) return
      const current = copies.current()
      if (current?.recipient === plan.recipient) announce(current, plan)
      copy(plan)
    },
    settled: () => copying,
    async stop() {
      stopping.abort(new Error('the coordinator stops'))
      await taking?.catch(() => {}) // whoever asked for it has heard
      await copying
    },
  }
}

/** Nodes that were once told to fetch copies and are so no more. */
const copyless = (world: World, plan: CopyPlan | null): string[] =>
  nodesOf(world)
    .filter((node) => statesOf(node, 'backup').length > 0 && !plan?.to.includes(node.name))
    .map(({ name }) => name)

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null, // it was the oldest and is gone
  )
