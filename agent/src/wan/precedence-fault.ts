import type { Route } from '@infra-home/shared/messages/routes.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { DEFAULT_METRIC } from '../router/ours.ts'
import { metricOf, precedenceText } from '../router/precedence.ts'
import { faultOf } from './fault-of.ts'

/** Somebody else's default stands before ours. Over IPv4 no packet would follow a move then, unless it has our own place, which a move may take back. Pure. */
export const precedenceFault = (theirs: Route): NonNullable<WanRouterState['fault']> => {
  const isBefore = theirs.family === 'ipv4' && metricOf(theirs) < DEFAULT_METRIC
  return faultOf(isBefore ? 'overtaken' : 'routing', precedenceText(theirs))
}
