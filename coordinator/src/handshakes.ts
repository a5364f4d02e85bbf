import type { Socket } from 'node:net'

/** How long a TLS handshake may take. */
export const HANDSHAKE_MS = 5000

/** How many connections may be unproven at once, of one source and in all. */
export const UNPROVEN = { perSource: 64, total: 256 } as const

/** A connection is known by its far end: its TLS half and its plain one have it in common. */
export const farEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** Room for connections that have not proven yet that anybody is there. */
export type Handshakes = {
  /** Null when there is no room; else call the answer once it has come to something, or to nothing. */
  begin(source: string): (() => void) | null
}

/** Whoever opens connections and says nothing takes its own share of the room, and not the others'. */
export const limitHandshakes = ({
  perSource,
  total,
}: {
  readonly perSource: number
  readonly total: number
}): Handshakes => {
  const open = new Map<string, number>()
  let all = 0
  return {
    begin(source) {
      const mine = open.get(source) ?? 0
      if (mine >= perSource || all >= total) return null
      open.set(source, mine + 1)
      all += 1
      let over = false
      return () => {
        if (over) return
        over = true
        all -= 1
        const left = (open.get(source) ?? 1) - 1
        if (left > 0) open.set(source, left)
        else open.delete(source)
      }
    },
  }
}
