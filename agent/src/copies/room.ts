import type { DiskSpace } from '../sys/sys.ts'

const SPARE_BYTES = 500_000_000
const SPARE_PART = 0.1

/** Whether `bytes` more leave a tenth of the disk or 500 MB free, whichever is less. What is unknown is tried. */
export const hasRoom = (space: DiskSpace | null, bytes: number): boolean =>
  space === null || space.availableBytes - bytes >= Math.min(SPARE_BYTES, space.totalBytes * SPARE_PART)
