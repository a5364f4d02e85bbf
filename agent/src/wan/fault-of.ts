import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { LONGEST_TEXT } from '../briefly.ts'

type Fault = NonNullable<WanRouterState['fault']>

/** What is not as it should be with a router, as short as its state may have it. Pure. */
export const faultOf = (code: Fault['code'], text: string): Fault => ({
  code,
  text: text.slice(0, LONGEST_TEXT),
})
