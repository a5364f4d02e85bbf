import type { Disk } from '@infra-home/agent/sys/sys.ts'
import { InfraError } from '@infra-home/shared/errors.ts'

/** A disk in memory that can be full, fail, lose power in the middle of a write, and rot. */
export type FakeDisk = {
  readonly files: Map<string, Uint8Array>
  /** The disk as a process sees it; one that was there at a power cut never hears of it again. */
  mount(): Disk
  /** After so many more bytes, the power goes: a file keeps what was written until then. Removing counts as one byte. */
  cutPowerAfter(bytes: number): void
  hasPower(): boolean
  powerOn(): void
  /** Bytes in all files beyond which it is full; null for no end. */
  limit(bytes: number | null): void
  /** Writing and removing fail from now on, half way. */
  fail(on: boolean): void
  /** Reading fails from now on. */
  failReads(on: boolean): void
  flip(name: string, offset: number, mask?: number): void
  /** Bytes and calls that were to be written so far. */
  readonly written: { bytes: number; calls: number }
}

const never = new Promise<never>(() => {})

export const fakeDisk = (): FakeDisk => {
  const files = new Map<string, Uint8Array>()
  const written = { bytes: 0, calls: 0 }
  let boot = 0
  let power = Infinity
  let capacity = Infinity
  let failing = false
  let failingReads = false

  /** How many of `bytes` arrive, and what then happens. */
  const spend = (bytes: number): { arrived: number; end: 'done' | 'full' | 'failed' | 'dark' } => {
    const used = [...files.values()].reduce((sum, file) => sum + file.length, 0)
    const most = failing ? Math.floor(bytes / 2) : bytes
    const arrived = Math.min(most, Math.max(0, capacity - used), power)
    power -= arrived
    if (power <= 0) return { arrived, end: 'dark' }
    if (failing) return { arrived, end: 'failed' }
    return { arrived, end: arrived < bytes ? 'full' : 'done' }
  }

  const finish = async (end: ReturnType<typeof spend>['end']): Promise<void> => {
    if (end === 'dark') await never
    if (end === 'full') throw new InfraError('disk-full', 'no space is left')
    if (end === 'failed') throw new InfraError('disk-failed', 'input/output error')
  }

  const mount = (): Disk => {
    const mine = boot
    const turn = async (): Promise<void> => {
      await Promise.resolve()
      if (mine !== boot || power <= 0) await never
    }
    return {
      async list() {
        await turn()
        return [...files.keys()]
      },
      async read(name) {
        await turn()
        if (failingReads) throw new InfraError('disk-failed', 'input/output error')
        return files.get(name)?.slice() ?? null
      },
      async append(name, bytes) {
        await turn()
        written.calls++
        written.bytes += bytes.length
        const { arrived, end } = spend(bytes.length)
        files.set(name, Buffer.concat([files.get(name) ?? new Uint8Array(), bytes.subarray(0, arrived)]))
        await finish(end)
      },
      async replace(name, bytes) {
        await turn()
        written.calls++
        written.bytes += bytes.length
        const { arrived, end } = spend(bytes.length)
        if (arrived === bytes.length) files.set(name, bytes.slice())
        await finish(end)
      },
      async remove(name) {
        await turn()
        if (failing) throw new InfraError('disk-failed', 'input/output error')
        written.calls++
        if (--power <= 0) await never
        files.delete(name)
      },
    }
  }

  return {
    files,
    written,
    mount,
    cutPowerAfter(bytes) {
      power = bytes
    },
    hasPower: () => power > 0,
    powerOn() {
      boot++
      power = Infinity
    },
    limit(bytes) {
      capacity = bytes ?? Infinity
    },
    fail(on) {
      failing = on
    },
    failReads(on) {
      failingReads = on
    },
    flip(name, offset, mask = 1) {
      const file = files.get(name)
      if (!file || offset >= file.length) throw new RangeError(`${name} has no byte ${offset}`)
      file[offset] = (file[offset] ?? 0) ^ mask
    },
  }
}
