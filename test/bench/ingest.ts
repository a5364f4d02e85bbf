import { ask, startChild, stopChild } from './child.ts'
import { startCoordinatorChild } from './coordinator-child.ts'
import { type Bench, figure, type Figure, latency, quantile } from './figure.ts'
import { linkDownVisible } from './link-down.ts'
import { type LoadClient, loadClient } from './load.ts'
import { tmPayload } from './messages.ts'
import { connectNodes, names, streamLatencies } from './stream-latency.ts'

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
  const latencies = await streamLatencies({ clients: 1000, seconds: quick ? 8 : 30 })
  figures.push(latency('stream-p99-1000', 'ms', latencies, (values) => quantile(values, 0.99)))
  figures.push(await linkDownVisible(quick ? 7 : 25, say))
  return figures
}

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
  const clients = await connectNodes(ours, names(count))
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
