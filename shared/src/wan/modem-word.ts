import type { ModemState } from '../messages/modem.ts'
import type { LayerVerdict } from './path.ts'

/** What a modem says of its SIM, as far as it matters to a path. Pure. */
export const simOf = ({ sim }: Pick<ModemState, 'sim'>): 'ready' | 'missing' | 'unknown' =>
  sim === 'ready' ? 'ready' : sim === 'absent' ? 'missing' : 'unknown'

const NO_RADIO: ReadonlySet<ModemState['registration']> = new Set(['searching', 'denied', 'not-registered'])

/** Whether it has a network to be in. Pure. */
export const radioOf = ({ registration }: Pick<ModemState, 'registration'>): LayerVerdict =>
  registration === 'unknown' ? 'unknown' : NO_RADIO.has(registration) ? 'fails' : 'works'

/** Whether it has neither SIM nor network, by its own word. Pure. */
export const hasNoService = (modem: Pick<ModemState, 'sim' | 'registration'>): boolean =>
  simOf(modem) === 'missing' || radioOf(modem) === 'fails'

/** Whether a modem says itself that nothing can pass. It may be wrong: a reason to ask, never a verdict. Pure. */
export const isModemOut = (modem: Pick<ModemState, 'sim' | 'registration' | 'dataSession'>): boolean =>
  hasNoService(modem) || modem.dataSession === 'disconnected'
