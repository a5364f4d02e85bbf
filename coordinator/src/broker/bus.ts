import type { Arrival } from '../ingest/ingest.ts'

/** How the coordinator hears and speaks: over a broker of its own or over somebody else's, with the same code behind. */
export type Bus = {
  /** @throws InfraError broker-failed when it cannot listen or connect at all */
  start(): Promise<void>
  stop(): Promise<void>
  /** Resolves when the broker has it. */
  publish(
    topic: string,
    payload: string,
    options: { readonly qos: 0 | 1; readonly retain: boolean },
  ): Promise<void>
  /** Where nodes connect, for people. */
  readonly address: string
  connected(): boolean
}

export type BusOptions = {
  readonly onArrival: (arrival: Arrival) => void
  /** A connection or a message was refused at the broker. */
  readonly onRefused: (
    reason: 'bad-credentials' | 'forbidden-publish' | 'forbidden-subscribe',
    detail: string,
  ) => void
  /** $coord/state as others see it: a rival would speak here. */
  readonly onCoordinatorState: (payload: string) => void
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
