import type { Arrival } from '../ingest/ingest.ts'

/** How the coordinator hears and speaks: over a broker of its own or over somebody else's, with the same code behind. */
export type Bus = {
  /** @throws InfraError broker-failed when it cannot listen or connect at all */
  start(): Promise<void>
  stop(): Promise<void>
  /** Resolves when the broker has it. @throws InfraError broker-failed when there is none to give it to */
  publish(
    topic: string,
    payload: string,
    options: { readonly qos: 0 | 1; readonly retain: boolean },
  ): Promise<void>
  /** Where nodes connect, for people. */
  readonly address: string
  /** The port at which nodes connect by TLS; null where there is none. */
  readonly securePort?: number | null
  /** Cuts every session of a node, or of whoever connected under this name. */
  cut?(name: string): void
  connected(): boolean
  /** What a broker that is not ours does not know, each in a sentence. */
  faults?(): readonly string[]
}

export type RefusalAtBroker =
  | 'bad-credentials'
  | 'forbidden-publish'
  | 'forbidden-subscribe'
  /** It called itself another than it is. */
  | 'other-client-id'
  /** Too many packets for too long. */
  | 'flood'
  /** One packet was too big. */
  | 'too-large'
  | 'no-certificate'
  /** Not signed by our authority, or not meant for this. */
  | 'foreign-certificate'
  | 'expired-certificate'
  /** A broker that is not ours refused it and did not say why. */
  | 'bad-certificate'
  | 'revoked-certificate'
  /** Ours, but not one that we remember having given to this name. */
  | 'unknown-certificate'
  | 'unknown-identity'
  | 'handshake-failed'
  | 'handshake-timeout'
  | 'too-many-handshakes'
  /** The plugin of a broker that is not ours does not have our word on who may do what: counted at each try. */
  | 'access-not-applied'

export type BusOptions = {
  readonly onArrival: (arrival: Arrival) => void
  /** A connection or a message was refused at the broker. */
  readonly onRefused: (reason: RefusalAtBroker, detail: string) => void
  /** $coord/state as others see it: a rival would speak here. */
  readonly onCoordinatorState: (payload: string) => void
  /** The one topic of readers that we listen to, where anybody does. */
  readonly reader?: { readonly topic: string; readonly onSaid: (payload: string) => void } | null
}

/** What the coordinator takes in of each node; acknowledgements, commands and wishes are its own. */
export const NODE_SUBSCRIPTIONS: readonly string[] = [
  '$state',
  '$birth',
  'state/+/+',
  'tm',
  'backlog',
  'event/+',
  'res/+',
  'have/+',
].map((tail) => `ih/1/+/${tail}`)
