/** Where the broker answered last: what else the coordinator has for this machine is there too. */
let host: string | null = null

export const brokerHost = (): string | null => host

/** @param address as the connection says; undefined when it is gone already */
export const noteBroker = (address: string | undefined): void => {
  host = address ?? host
}
