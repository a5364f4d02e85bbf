import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { SwitchedEvent } from '@infra-home/shared/messages/wan.ts'

/** What is wrong with a path that is not silent, in a few words. */
const OF_CAUSES: Readonly<Partial<Record<NonNullable<UplinkPathState['cause']>, string>>> = {
  address: ', its link is there, and no address with a way out',
  dns: ', its resolver does not answer while others are reached',
  tcp: ', no connection comes about while names and pings are answered',
  portal: ', somebody answers in place of the web and wants a click',
  quota: ', somebody answers in place of the web and wants money',
  mtu: ', full-size packets do not come through while small ones do',
  loss: ', questions get lost',
  latency: ', answers take long',
}

/** What a router said of an uplink, in a line. */
export const pathWords = (uplink: string, { state, cause, silence }: UplinkPathState): string => {
  if (cause === 'asleep') return `path ${uplink}: its phone sleeps`
  const head = `path ${uplink}: ${state}${cause === null ? '' : ` (${cause})`}`
  if (!silence) return cause === null ? head : `${head}${OF_CAUSES[cause] ?? ''}`
  const { probes, targets, methods, ms } = silence
  return `${head}${quietWords(silence)}, ${probes} probes to ${targets} others in ${methods} ways unanswered for ${ms} ms`
}

/** The silence that was decided by: it may have begun with users' packets, before anything was asked. */
const quietWords = ({
  quietMs,
  patienceMs,
  isReceiving = false,
}: NonNullable<UplinkPathState['silence']>): string => {
  if (quietMs === undefined || patienceMs === undefined) return ''
  const what = isReceiving ? 'no probe was answered, though packets for users came,' : 'nothing came back'
  return `, ${what} for ${quietMs} ms (patience ${patienceMs} ms)`
}

/** What became of a move, in a line. */
export const switchWords = ({
  from,
  to,
  reason,
  by,
  ok,
  error,
  undone,
  swept,
  tookMs,
}: SwitchedEvent): string => {
  const move = `${from ?? 'nowhere'} → ${to} (${reason}, decided by the ${by})`
  if (!ok)
    return `could not move traffic ${move}: ${error ?? 'failed'}${undone === false ? '; not all of it was undone' : ''}`
  return `moved traffic ${move}, read back after ${tookMs} ms${swept ? `, ${swept} dead flows ended` : ''}`
}

const REPAIRS = {
  'renew-dhcp': 'renewed the address of',
  'bounce-link': 'took down, and up again, the link of',
  'raise-link': 'brought up at last the link of',
  reconnect: 'began a new data session of',
  'reboot-modem': 'rebooted the modem of',
  'power-cycle': 'took the power of, and gave it back to,',
} as const

/** What was done to bring an uplink back, in a line. */
export const repairWords = ({
  uplink,
  step,
  cause,
  round,
  ok,
  error,
  tookMs,
}: EventBody['repair']): string => {
  const again = round > 1 ? `, round ${round}` : ''
  return ok
    ? `${REPAIRS[step]} ${uplink} (${cause ?? 'down'}${again}, ${tookMs} ms)`
    : `${step} of ${uplink} failed (${cause ?? 'down'}${again}): ${error ?? ''}`
}
