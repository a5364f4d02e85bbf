import { connect, type Socket } from 'node:net'

/** Begins a TCP connection that sends small packets at once. */
export const tcpSocket = (
  { host, port }: { readonly host: string; readonly port: number },
  ready: () => void,
): Socket => connect({ host, port, noDelay: true }, ready)
