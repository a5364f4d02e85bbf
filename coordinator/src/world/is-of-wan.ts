import type { Request } from './input.ts'

const WISHES: ReadonlySet<Request['request']> = new Set([
  'hold-wan',
  'release-wan',
  'switch-wan',
  'end-switch-wan',
])

/** Whether somebody wishes something of the way out of the house. */
export const isOfWan = ({ request }: Pick<Request, 'request'>): boolean => WISHES.has(request)
