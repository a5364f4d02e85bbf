import { asText, parseObjects } from './json.ts'

export type Neighbour = {
  readonly address: string
  readonly interface: string
  /** NUD states (ip-neighbour(8)) as far as they matter: whether it lately answered, did not, or nobody knows. */
  readonly verdict: 'works' | 'fails' | 'unknown'
}

const ANSWERED = new Set(['REACHABLE', 'PERMANENT', 'NOARP', 'DELAY'])
const SILENT = new Set(['FAILED', 'INCOMPLETE'])

/** Reads `ip -j neigh`. @throws InfraError parse-failed */
export const parseNeighbours = (text: string): Neighbour[] =>
  parseObjects(text, 'ip neigh').flatMap((item) => {
    const [address, device] = [asText(item['dst']), asText(item['dev'])]
    const states = Array.isArray(item['state']) ? item['state'] : []
    if (address === null || device === null) return []
    const isIn = (set: ReadonlySet<string>): boolean => states.some((state) => set.has(String(state)))
    return [
      { address, interface: device, verdict: isIn(ANSWERED) ? 'works' : isIn(SILENT) ? 'fails' : 'unknown' },
    ]
  })
