import type { Clock } from '@infra-home/shared/clock.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { HttpClient } from '../sys/sys.ts'

/** What a modem says at one poll. Unknown is null; the modem's refusal or silence is a state, not an exception. */
export type ModemReading = { readonly state: ModemState; readonly numbers: Numbers }

/** What drivers may use of the world outside. */
export type ModemPorts = { readonly http: HttpClient; readonly clock: Clock }

/** One modem. Abilities that not every box has are optional methods; nobody asks for a brand. */
export type Modem = {
  /** Never throws: an unreachable modem reads as state `unreachable` with its cause and all numbers null. */
  read(): Promise<ModemReading>
  /** Ends the data session and begins it anew. @throws InfraError modem-refused, modem-unreachable, modem-auth */
  reconnect?(): Promise<void>
  /** @throws InfraError modem-refused, modem-unreachable, modem-auth */
  reboot?(): Promise<void>
  /** Gives up sessions that the modem counts. */
  close?(): Promise<void>
}

/** One kind of modem: a file of its own. */
export type ModemDriver<Config = unknown> = {
  readonly name: string
  /** JSON Schema of the driver's part of the configuration. */
  readonly configSchema: object
  create(config: Config, ports: ModemPorts): Modem
}

/** A modem of which nothing is known. */
export const UNKNOWN_MODEM: ModemState = {
  driver: '',
  address: null,
  state: 'unknown',
  cause: null,
  rat: null,
  operator: null,
  plmn: null,
  registration: 'unknown',
  dataSession: 'unknown',
  sim: 'unknown',
  band: null,
  cellId: null,
  pci: null,
}
