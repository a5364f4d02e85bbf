import type { Clock } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { OwedSession } from '@infra-home/shared/messages/birth.ts'
import type { Disk } from '../sys/sys.ts'
import { type Backlog, createBacklog } from './backlog.ts'
import type { Gap, LiveEntry } from './entry.ts'
import { createLedger, type Ledger, owedSessions } from './ledger.ts'
import type { OutboxLimits } from './limits.ts'
import { createLosing, type Losing } from './losing.ts'
import { createNumbering, type Numbering } from './numbering.ts'
import type { Recovered } from './recover.ts'
import { createRetrying, type Retrying } from './retrying.ts'
import { keepSession, type SessionNumber } from './session-number.ts'
import { createShelf, type Shelf } from './shelf.ts'
import { createSpilling, type Spilling } from './spilling.ts'
import { createSweeping, type Sweeping } from './sweeping.ts'
import { createWindow, type Window } from './window.ts'
import { createWriting, type Writing } from './writing.ts'

/** The outbox's parts, each knowing those it needs. */
export type Parts = {
  readonly clock: Clock
  readonly limits: OutboxLimits
  readonly numbering: Numbering
  readonly ledger: Ledger
  readonly shelf: Shelf
  readonly losing: Losing
  readonly spilling: Spilling
  readonly sweeping: Sweeping
  readonly retrying: Retrying
  readonly window: Window
  readonly backlog: Backlog
  /** All of it, however long; the session that runs is the last. */
  readonly owed: () => OwedSession[]
}

export type AssembleOptions = {
  readonly disk: Disk
  readonly clock: Clock
  readonly limits: OutboxLimits
  readonly recovered: Recovered
  readonly number: SessionNumber
  readonly onGap: (gap: Gap) => void
}

/** Puts the parts together over what was recovered, and sets them going. */
export const assemble = (options: AssembleOptions): Parts => {
  const { disk, clock, limits, recovered, onGap } = options
  const numbering = createNumbering(options.number.session)
  const ledger = createLedger(recovered.entries)
  const shelf = createShelf(disk, recovered, limits.segmentBytes)
  const window = createWindow(disk, clock, (name) => shelf.get(name)?.goodBytes ?? 0)
  const onTold = (): void => {
    if (sweeping.hasWaste()) retrying.kick()
  }
  const losing = createLosing({ ledger, shelf, clock, delay: limits.gapDelay, onGap, onTold })
  const kick = (): void => retrying.kick()
  const spilling = createSpilling({ ledger, clock, after: limits.spillAfter, kick })
  const owed = (): OwedSession[] => owedNow({ numbering, ledger, shelf, losing })
  const sweeping = createSweeping({
    ledger,
    shelf,
    losing,
    segmentBytes: limits.segmentBytes,
    session: numbering.session,
  })
  const wantsNumber = (entry: LiveEntry): boolean => spilling.wants(entry)
  const writing = createWriting({ ledger, shelf, losing, sweeping, limits, wantsNumber, owed })
  const retrying = createRetrying({
    clock,
    first: limits.retryFirst,
    longest: limits.retryLongest,
    work: workOf({ disk, number: options.number, numbering, writing }),
  })
  const backlog = createBacklog({
    ledger,
    window,
    clock,
    limits,
    lost: (gone) => losing.drop(gone, 'corrupt'),
  })
  losing.found(recovered.lost(numbering.session), recovered.segments.filter(({ lossy }) => lossy).length)
  if (!options.number.durable || sweeping.hasWaste()) retrying.kick()
  return {
    clock,
    limits,
    numbering,
    ledger,
    shelf,
    losing,
    spilling,
    sweeping,
    retrying,
    window,
    backlog,
    owed,
  }
}

type Owing = Pick<Parts, 'numbering' | 'ledger' | 'shelf' | 'losing'>

/** What was lost and is not told counts as owed: nobody shall take it for settled. */
const owedNow = ({ numbering, ledger, shelf, losing }: Owing): OwedSession[] => {
  const lowest = ledger.lowest()
  const onDisk = new Map<number, number>()
  for (const { highest } of shelf.segments())
    for (const [session, seq] of highest) onDisk.set(session, Math.max(seq, onDisk.get(session) ?? 0))
  onDisk.set(numbering.session, numbering.last())
  for (const session of new Set([...onDisk.keys(), ...lowest.keys()])) {
    const lost = losing.book.lowest(session)
    if (lost !== null) lowest.set(session, Math.min(lost, lowest.get(session) ?? lost))
  }
  return owedSessions(lowest, onDisk)
}

type Working = {
  readonly disk: Disk
  readonly number: SessionNumber
  readonly numbering: Numbering
  readonly writing: Writing
}

const workOf = ({
  disk,
  number,
  numbering,
  writing,
}: Working): ((wasRefused: boolean) => Promise<boolean>) => {
  let kept = number.durable
  return async (wasRefused) => {
    const wrote = await writing.write()
    const tries = !kept || (wasRefused && !wrote) // what could not be written may be settled by now: only trying tells
    kept = tries ? await keepSession(disk, number.session) : kept
    if (!kept) throw new InfraError('disk-failed', 'the session number could not be written')
    if (numbering.closed()) await writing.tidy()
    return wrote || tries
  }
}
