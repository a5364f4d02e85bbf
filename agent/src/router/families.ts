import type { Route } from '@infra-home/shared/messages/routes.ts'

/** Address families. */
export type Family = Route['family']

export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6']
