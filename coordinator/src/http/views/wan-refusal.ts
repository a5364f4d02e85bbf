import { phoneFault } from '@infra-home/shared/wan/choice.ts'
import { isKept } from '@infra-home/shared/wan/remember.ts'
import type { HttpContext } from '../context.ts'
import { API } from '../routes/route.ts'
import { healthWords, type TetherView } from './tether.ts'
import { routerHeard, type WanView, wanView } from './wan.ts'

/** Why traffic cannot be sent out by an uplink of the plan now, in words; null when it can, or would wait for no more than an answer. */
export const switchRefusal = (
  context: Pick<HttpContext, 'world' | 'wan' | 'now'>,
  uplink: string,
): string | null => {
  if (!routerHeard(context)) return 'the router says nothing of its uplinks: nothing would be moved'
  const wan = wanView(context)
  const wished = wan.uplinks.find(({ id }) => id === uplink)
  return routerRefusal(wan) ?? (wished ? uplinkRefusal(wished) : null)
}

/** With these every order of a move would fail. */
const IMMOVABLE: ReadonlySet<string> = new Set(['read-only', 'lacks-right', 'overtaken'])

const routerRefusal = ({ active, fault, hold }: WanView): string | null => {
  if (fault && IMMOVABLE.has(fault.code)) return `nothing can be moved: ${fault.text}`
  return hold && isKept({ hold, active })
    ? `traffic is held by ${hold.by}: DELETE ${API}/wan/hold first`
    : null
}

const uplinkRefusal = ({ id, state, cause, address, tether }: WanView['uplinks'][number]): string | null => {
  if (cause === 'asleep') {
    return tether ? wakeRefusal(tether) : `${id} sleeps, and the plan names no phone that could be woken`
  }
  if (state === 'down') return `${id} is down (${cause ?? 'unknown'}): nothing would pass`
  if (state === 'unknown' && address === null)
    return `${id} has no address, and nothing is known of it: nothing would pass`
  return null
}

const wakeRefusal = (tether: TetherView): string | null => {
  const fault = phoneFault(tether)
  if (tether.on !== null && fault === null) return null
  const why =
    fault === null ? 'nothing is heard of it, or it lends nothing' : `${fault} (${healthWords(tether)})`
  return `${tether.phone} cannot be woken: ${why}`
}
