import { ask, startChild, stopChild } from './child.ts'
import { type CoordinatorChild, startCoordinatorChild } from './coordinator-child.ts'
import { type Bench, figure, type Figure, latency, quantile } from './figure.ts'
import { linkDownVisible } from './link-down.ts'
import { type LoadClient, loadClient } from './load.ts'
import { birthPayload, tmPayload } from './messages.ts'

/** Messages that a client has on the way at once: enough to keep a broker busy, few enough to measure it. */
const WINDOW = 8

/** Validated and committed messages a second against the bare broker, and how fast the live stream is. */
export const ingest: Bench = async ({ quick, say }) => {
  const runs = quick ? 1 : 3
  const figures: Figure[] = []
  for (const clients of [100, 1000]) {
    const perClient = Math.round((quick ? 60_000 : 400_000) / clients)
    const ours: number[] = []
    const bare: number[] = []
    for (let run = 0; run < runs; run++) {
      bare.push(await bareBroker(clients, perClient))
      ours.push(await coordinator(clients, perClient))
      say(
        `ingest-${clients} run ${run + 1}: ours ${Math.round(ours.at(-1) ?? 0)}/s, bare ${Math.round(bare.at(-1) ?? 0)}/s`,
      )
    }
    const against = 'aedes with a counting subscriber'
    figures.push(figure(`ingest-${clients}`, 'msg/s', { ours, yardstick: bare, against }))
  }
  const latencies = await streamLatencies(1000, quick ? 8 : 30)
  figures.push(latency('stream-p99-1000', 'ms', latencies, (values) => quantile(values, 0.99)))
  figures.push(await linkDownVisible(quick ? 7 : 25, say))
  return figures
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `node-${i}`)

/** Every client publishes `perClient` messages, a window at a time; resolves when the broker has taken all. */
const publishAll = async (clients: readonly LoadClient[], perClient: number): Promise<void> => {
  await Promise.all(
    clients.map(async (client) => {
      let next = 1
      const lane = async (): Promise<void> => {
        while (next <= perClient) {
          const seq = next++
          await client.publish(`ih/1/${client.node}/tm`, tmPayload(client.node, seq))
        }
      }
      await Promise.all(Array.from({ length: WINDOW }, lane))
    }),
  )
}

const bareBroker = async (count: number, perClient: number): Promise<number> => {
  const { child: broker, first } = await startChild<{ port: number }>('test/bench/yardsticks/bare-broker.ts')
  const { child: counter } = await startChild('test/bench/yardsticks/counting-subscriber.ts', [
    String(first.port),
  ])
  const clients = await Promise.all(
    names(count).map((node) => loadClient({ host: '127.0.0.1', port: first.port }, node, '')),
  )
  const begun = performance.now()
  await publishAll(clients, perClient)
  const total = count * perClient
  while ((await ask<{ count: number }>(counter)).count < total) await new Promise((r) => setTimeout(r, 5))
  const rate = total / ((performance.now() - begun) / 1000)
  for (const client of clients) client.close()
  await Promise.all([stopChild(counter), stopChild(broker)])
  return rate
}

const coordinator = async (count: number, perClient: number): Promise<number> => {
  const ours = await startCoordinatorChild(names(count))
  const clients = await connectNodes(ours)
  const committed = await Promise.all(clients.map((client) => committedUpTo(client, perClient)))
  const begun = performance.now()
  await publishAll(clients, perClient)
  // a change is answered when the disk has it and everything before it; acknowledgements would come up to a second later
  await ours.post('/api/v1/silences', { reason: 'the end of a run', forSeconds: 1 })
  const rate = (count * perClient) / ((performance.now() - begun) / 1000)
  await Promise.all(committed.map(({ reached }) => reached)) // nothing was lost
  for (const client of clients) client.close()
  await ours.stop()
  return rate
}

const connectNodes = async ({ mqtt, secrets }: CoordinatorChild): Promise<LoadClient[]> => {
  const clients = await Promise.all([...secrets].map(([node, secret]) => loadClient(mqtt, node, secret)))
  await Promise.all(
    clients.map((client) => client.publish(`ih/1/${client.node}/$birth`, birthPayload(client.node))),
  )
  return clients
}

/** Listens for acknowledgements; `reached` resolves when everything up to `seq` is on the coordinator's disk. */
const committedUpTo = async (
  client: LoadClient,
  seq: number,
): Promise<{ readonly reached: Promise<void> }> => {
  const { promise: reached, resolve } = Promise.withResolvers<void>()
  await client.subscribe(`ih/1/${client.node}/ack`, (payload) => {
    if ((JSON.parse(payload.toString()) as { upTo: number }).upTo >= seq) resolve()
  })
  return { reached }
}

/** Milliseconds from publishing to the live stream (SSE), with `count` agents that say one thing a second each. */
const streamLatencies = async (count: number, seconds: number): Promise<number[]> => {
  const ours = await startCoordinatorChild(names(count))
  const clients = await connectNodes(ours)
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
