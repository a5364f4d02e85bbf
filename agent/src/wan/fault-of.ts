import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { LONGEST_TEXT } from '../briefly.ts'

type Fault = NonNullable<WanRouterState['fault']>

/** What is not as it should be with a router, as short as its state may have it. Pure. */
export const faultOf = (code: Fault['code'], text: string): Fault => ({
  code,
  text: text.slice(0, LONGEST_TEXT),
})

/** Neither hides the other: the first with what the second has to say. Pure. */
export const bothFaults = (first: Fault | null, second: Fault | null): Fault | null =>
  first && second ? faultOf(first.code, `${first.text}; ${second.text}`) : (first ?? second)
