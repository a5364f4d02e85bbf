import { describeError } from '@infra-home/shared/errors.ts'

/** What went wrong, as short as a state may have it. */
export const briefly = (error: unknown): string => describeError(error).slice(0, 256)
