import type { Ledger } from './ledger.ts'
import type { Losing } from './losing.ts'
import type { Segment, Shelf } from './shelf.ts'

/** Removes files that nothing needs any more. */
export type Sweeping = {
  /** Every loss has its marker, and that is on the disk or at the coordinator. */
  lossesAreSafe(): boolean
  /** Whether a file could go now. */
  hasWaste(): boolean
  /** Removes what is worth it; tells whether anything went. @throws InfraError disk-failed */
  sweep(): Promise<boolean>
  /** Removes all that may go, however small. @throws InfraError disk-failed */
  sweepAll(): Promise<void>
}

export type SweepingOptions = {
  readonly ledger: Ledger
  readonly shelf: Shelf
  readonly losing: Pick<Losing, 'book'>
  readonly segmentBytes: number
  readonly session: number
}

/** A file that still grows goes, when all in it is settled, from this share of its full size on: removing costs writes too. */
const WORTH_REMOVING = 1 / 8

export const createSweeping = ({
  ledger,
  shelf,
  losing,
  segmentBytes,
  session,
}: SweepingOptions): Sweeping => {
  const lossesAreSafe = (): boolean =>
    losing.book.isEmpty() && !ledger.live().some(({ gap, place }) => gap && place.kind === 'memory')

  const isNeedless = ({ state, goodBytes, live, lossy }: Segment): boolean => {
    if (state === 'doomed' && goodBytes === 0) return true
    return live === 0 && (!lossy || lossesAreSafe())
  }

  const isWaste = (segment: Segment): boolean => {
    const grows = segment.state === 'open' && segment.highest.has(session)
    return (!grows || segment.bytes >= segmentBytes * WORTH_REMOVING) && isNeedless(segment)
  }

  const remove = async (needless: (segment: Segment) => boolean): Promise<boolean> => {
    const files = shelf.segments().filter(needless)
    for (const segment of files) await shelf.remove(segment)
    return files.length > 0
  }

  return {
    lossesAreSafe,
    hasWaste: () => shelf.segments().some(isWaste),
    sweep: () => remove(isWaste),
    async sweepAll() {
      await remove(isNeedless)
    },
  }
}
