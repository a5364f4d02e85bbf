import { type CoordinatorChild, startCoordinatorChild } from './coordinator-child.ts'
import { type LoadClient, loadClient } from './load.ts'
import { birthPayload, tmPayload } from './messages.ts'

/** A node that is known and says nothing of use. */
export const THIEF = 'thief'

export const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `node-${i}`)

/** Connects `nodes`, and lets each say its birth. */
export const connectNodes = async (
  { mqtt, secrets }: CoordinatorChild,
  nodes: readonly string[],
): Promise<LoadClient[]> => {
  const clients = await Promise.all(nodes.map((node) => loadClient(mqtt, node, secrets.get(node) ?? '')))
  await Promise.all(
    clients.map((client) => client.publish(`ih/1/${client.node}/$birth`, birthPayload(client.node))),
  )
  return clients
}

export type StreamOptions = {
  readonly clients: number
  readonly seconds: number
  /** Begins what is to happen beside it, and returns the way to end that. */
  readonly beside?: (ours: CoordinatorChild) => Promise<() => Promise<void>>
}

/** Milliseconds from publishing to the live stream (SSE), with agents that say one thing a second each. */
export const streamLatencies = async ({
  clients: count,
  seconds,
  beside,
}: StreamOptions): Promise<number[]> => {
  const nodes = names(count)
  const ours = await startCoordinatorChild([...nodes, THIEF], 'coordinator/src/main.ts', { tls: true })
  const clients = await connectNodes(ours, nodes)
  const endOther = await beside?.(ours)
  const sent = new Map<string, number>()
  const latencies: number[] = []
  const abort = new AbortController()
  const stream = await fetch(`${ours.http}/api/v1/stream?kind=numbers`, { signal: abort.signal })
  const reading = readStream(stream, (node, seq) => {
    const at = sent.get(`${node} ${seq}`)
    if (at !== undefined && seq > 2) latencies.push(performance.now() - at)
  }).catch(() => {})
  const started = performance.now()
  await Promise.all(
    clients.map(async (client, i) => {
      for (let seq = 1; seq <= seconds; seq++) {
        const due = started + (seq - 1) * 1000 + (i / count) * 1000
        await new Promise((r) => setTimeout(r, Math.max(0, due - performance.now())))
        sent.set(`${client.node} ${seq}`, performance.now())
        await client.publish(`ih/1/${client.node}/tm`, tmPayload(client.node, seq))
      }
    }),
  )
  await new Promise((r) => setTimeout(r, 500))
  abort.abort()
  await reading
  await endOther?.()
  if (latencies.length < (seconds - 2) * count)
    throw new Error(`only ${latencies.length} messages came through`)
  for (const client of clients) client.close()
  await ours.stop()
  return latencies
}

const readStream = async (response: Response, on: (node: string, seq: number) => void): Promise<void> => {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const node = /"node":"([^"]+)"/.exec(line)?.[1]
      const seq = /"seq":(\d+)/.exec(line)?.[1]
      if (node && seq) on(node, Number(seq))
    }
  }
}
