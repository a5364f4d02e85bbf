import type { TetherDecision } from '../../decide/decision.ts'

const WHY: Readonly<Record<TetherDecision['reason'], string>> = {
  prepare: 'it may be needed',
  'in-use': 'traffic goes by it',
  wished: 'somebody wished it',
  renew: 'its time would end',
  again: 'it was ordered, and is not there',
  spare: 'nobody needs it at the moment',
  'not-needed': 'nobody has needed it for a while',
  'battery-low': 'its battery is low',
  'too-hot': 'it is too hot',
  'phone-lost': 'nothing is heard of it',
}

/** What was decided of a phone's network, in a line. */
export const tetherWords = ({ node, uplink, reason, stage, steps }: TetherDecision): string => {
  const [step] = steps
  const seconds = step?.kind === 'order-tether' ? step.order.forSeconds : null
  return `${node} ${doesWhat({ uplink, stage }, seconds)}: ${WHY[reason]} (${reason})`
}

const doesWhat = (
  { uplink, stage }: Pick<TetherDecision, 'uplink' | 'stage'>,
  seconds: number | null,
): string => {
  if (seconds === null) return stage === 'away' ? 'is asked nothing more' : `goes on lending ${uplink}`
  return seconds > 0 ? `lends ${uplink} for ${seconds} s` : `puts ${uplink} away`
}
