import { randomBytes } from 'node:crypto'
import { ulidFactory } from '@infra-home/shared/ulid.ts'

/** Makes ULIDs: each later one is greater. @returns a function of the wall clock in milliseconds */
export const newIds = (): ((wall: number) => string) =>
  ulidFactory(() => {
    const bytes = randomBytes(10)
    return [bytes.readUIntBE(0, 5), bytes.readUIntBE(5, 5)]
  })
