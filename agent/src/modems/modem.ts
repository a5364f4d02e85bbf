import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { Sys } from '../sys/sys.ts'
import type { Recognition } from './recognition.ts'
import type { ShownPasswords } from './web/shown-passwords.ts'

/** What a modem says at one poll. Unknown is null; the modem's refusal or silence is a state, not an exception. */
export type ModemReading = { readonly state: ModemState; readonly numbers: Numbers }

/** What drivers may use of the world outside. */
export type ModemPorts = Pick<Sys, 'clock' | 'http' | 'exec' | 'serial'> & {
  /** What devices were shown in earlier runs too. */
  readonly shown: ShownPasswords
}

/** Text to a telephone. */
export type ShortMessage = {
  /** International form, with a plus sign: `+33612345678`. */
  readonly to: string
  readonly text: string
}

/** A text that came, as the modem keeps it. */
export type ReceivedMessage = {
  readonly from: string
  readonly text: string
  /** The modem's own wall clock, as it prints it; null when it does not. */
  readonly receivedAt: string | null
  readonly isRead: boolean
}

/** How much of a data plan is used, as the modem counts it; what it does not know is null. */
export type ModemUsage = {
  /** Bytes both ways since the billing day. */
  readonly usedBytes: number | null
  /** The day of the month on which its count begins anew, 1 to 31. */
  readonly billingDay: number | null
  readonly limitBytes: number | null
}

/** One modem. Abilities that not every box has are optional methods; nobody asks for a brand. */
export type Modem = {
  /** Never throws: an unreachable modem reads as state `unreachable` with its cause and all numbers null. */
  read(): Promise<ModemReading>
  /** Ends the data session and begins it anew. @throws InfraError modem-refused, modem-unreachable, modem-auth */
  reconnect?(): Promise<void>
  /** Begins the data session, or ends it for as long as nobody begins it again. @throws InfraError modem-refused, modem-unreachable, modem-auth */
  dataSession?(on: boolean): Promise<void>
  /** @throws InfraError modem-refused, modem-unreachable, modem-auth */
  reboot?(): Promise<void>
  /** @throws InfraError modem-refused, modem-unreachable, modem-auth */
  usage?(): Promise<ModemUsage>
  /**
   * Sends a short message. Resolves when the network has taken it.
   * @throws InfraError modem-refused, modem-unreachable, modem-auth
   */
  sendSms?(message: ShortMessage): Promise<void>
  /** The messages that came last, the newest first. @throws InfraError modem-refused, modem-unreachable, modem-auth */
  receivedSms?(): Promise<readonly ReceivedMessage[]>
  /**
   * Gives the SIM its PIN, unless a wrong one would be its last but one: a person has to be able to try another.
   * @throws InfraError modem-refused (with what is left to try), modem-unreachable, modem-auth
   */
  simUnlock?(pin: string): Promise<void>
  /** Gives up sessions that the modem counts. */
  close?(): Promise<void>
}

/** A modem that can do these things. */
export type Able<Ability extends keyof Modem> = Modem & Required<Pick<Modem, Ability>>

/** One kind of modem: a file of its own. */
export type ModemDriver<Config = unknown> = {
  readonly name: string
  /** JSON Schema of the driver's part of the configuration. */
  readonly configSchema: object
  create(config: Config, ports: ModemPorts): Modem
  /** How its kind of modem is known before anybody names one. */
  readonly recognition?: Recognition
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
