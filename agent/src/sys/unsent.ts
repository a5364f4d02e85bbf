import { isInfraError } from '@infra-home/shared/errors.ts'

/** Whether an HTTP request failed before a word of it was said. */
export const isUnsent = (error: unknown): boolean => isInfraError(error) && error.context['unsent'] === true
