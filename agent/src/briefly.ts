import { describeError } from '@infra-home/shared/errors.ts'

/** What a text of a message may have. */
export const LONGEST_TEXT = 256

/** What went wrong, as short as a state may have it. */
export const briefly = (error: unknown): string => describeError(error).slice(0, LONGEST_TEXT)
