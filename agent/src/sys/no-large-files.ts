import { InfraError } from '@infra-home/shared/errors.ts'
import type { LargeFiles } from './sys.ts'

/** A folder that holds nothing and to which nothing comes. */
export const noLargeFiles = (reason: string): LargeFiles => {
  const fail = async (): Promise<never> => {
    throw new InfraError('http-failed', reason)
  }
  return {
    list: async () => [],
    space: async () => null,
    fetch: fail,
    sha256: fail,
    rename: fail,
    remove: async () => {},
  }
}
