import { later, milliseconds, minutes, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { BackupState, BackupWish } from '@infra-home/shared/messages/backup.ts'
import { bringCopy, type Failure } from '../copies/bring-copy.ts'
import { type CopyPlan, planCopies, type Verified } from '../copies/plan-copies.ts'
import { readJson, writeJson } from '../small-file.ts'
import type { Sys } from '../sys/sys.ts'
import { wishOnDisk } from '../wishes.ts'
import type { Collector, ObservedState } from './collector.ts'

const VERIFIED_FILE = 'copies.json'
const FIRST_WAIT = seconds(1)
const LONGEST_WAIT = minutes(30)

/** Where fetching the copy that is wished now stands. */
type Course = {
  readonly key: string
  readonly failures: number
  readonly failure: Failure | null
  readonly notBefore: MonoMs | null
}

/** Copies of the coordinator's backups: what is held, and what is fetched in the background because it is wished. */
export const backup = (): Collector => {
  let course: Course = newCourse('')
  let busy = false

  const bring = async (sys: Sys, wish: BackupWish, fetch: NonNullable<CopyPlan['fetch']>): Promise<void> => {
    const mine = course
    const failure = await bringCopy(sys.copies, wish, fetch)
    if (failure === null) return keep(sys, wish, fetch.partial)
    const got = (await sys.copies.list()).find(({ name }) => name === fetch.partial)?.bytes ?? 0
    if (course === mine)
      course = failed(mine, failure, { now: sys.clock.now().mono, further: got > fetch.here })
  }

  return {
    name: 'backup',
    pace: 'sample',
    wakesOn: [],
    async collect(sys) {
      const free = !busy // what ends while we look is seen at the next look
      const wish = await wishOnDisk(sys.disk, 'backup')
      const files = await sys.copies.list()
      if (!wish && files.length === 0) return readingOf([])
      const verified = await readJson<Verified>(sys.disk, VERIFIED_FILE, {})
      const plan = planCopies(wish, files, verified)
      const key = wish ? `${wish.sha256} ${wish.path}` : ''
      if (key !== course.key) course = newCourse(key)
      if (free) {
        for (const name of plan.remove) await sys.copies.remove(name)
        const due = course.notBefore === null || sys.clock.now().mono >= course.notBefore
        if (wish && plan.fetch && due) {
          busy = true
          void bring(sys, wish, plan.fetch)
            .catch((error: unknown) => {
              const failure: Failure = { problem: 'disk', detail: String(error).slice(0, 256) }
              course = failed(course, failure, { now: sys.clock.now().mono, further: false })
            })
            .finally(() => {
              busy = false
            })
        }
      }
      const held = plan.held.map(({ name, bytes }) => stateOf(name, bytes, verified[name] ?? ''))
      const coming = wish && plan.fetch ? [comingState(wish, course.failure)] : []
      return readingOf([...coming, ...held.filter(({ id }) => id !== coming[0]?.id)])
    },
  }
}

const newCourse = (key: string): Course => ({ key, failures: 0, failure: null, notBefore: null })

/** Waits twice as long after each failure; who got further begins anew. */
const failed = (
  { key, failures }: Course,
  failure: Failure,
  { now, further }: { readonly now: MonoMs; readonly further: boolean },
): Course => {
  const times = further ? 0 : Math.min(failures, 20)
  const wait = milliseconds(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** times))
  return { key, failures: times + 1, failure, notBefore: later(now, wait) }
}

/** Gives a verified copy its name; the note comes first, so that nothing without one is ever believed. */
const keep = async (sys: Sys, { file, sha256 }: BackupWish, partial: string): Promise<void> => {
  const here = new Set((await sys.copies.list()).map(({ name }) => name))
  const verified = await readJson<Verified>(sys.disk, VERIFIED_FILE, {})
  const still = Object.entries(verified).filter(([name]) => here.has(name))
  await sys.copies.remove(file) // an older encryption of the same backup
  await writeJson(sys.disk, VERIFIED_FILE, { ...Object.fromEntries(still), [file]: sha256 })
  await sys.copies.rename(partial, file)
}

const readingOf = (states: readonly ObservedState[]) => ({ states, numbers: {}, whole: ['backup'] as const })

const stateOf = (id: string, bytes: number, sha256: string): ObservedState & { kind: 'backup' } => {
  const body: BackupState = { bytes, sha256, held: true, problem: null, detail: null }
  return { kind: 'backup', id, body }
}

const comingState = (
  { file, bytes, sha256 }: BackupWish,
  failure: Failure | null,
): ObservedState & { kind: 'backup' } => {
  const { problem = null, detail = null } = failure ?? {}
  return { kind: 'backup', id: file, body: { bytes, sha256, held: false, problem, detail } }
}
