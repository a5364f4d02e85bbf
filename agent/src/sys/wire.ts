/** One connection to a broker, from its start to its end; whoever wants another makes another. */
export type Wire = {
  /** Hands a message over; it is lost if the connection is. */
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void
  /** Says good-bye (no will is published) and closes. */
  close(): Promise<void>
}

export type WireOptions = {
  readonly will: { readonly topic: string; readonly payload: string }
  readonly subscriptions: readonly string[]
  /** Those of them that are worth nothing when they come late: nobody need acknowledge them. None unless given. */
  readonly atMostOnce?: readonly string[]
  /** Connected and subscribed. */
  readonly onOpen: () => void
  readonly onMessage: (topic: string, payload: Uint8Array, retained: boolean) => void
  /** Called once, whether it ever opened or not. */
  readonly onEnd: (reason: string) => void
}

export type WireMaker = (options: WireOptions) => Wire
