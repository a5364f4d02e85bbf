import autocannon from 'autocannon'
import { startChild, stopChild } from './child.ts'
import { startCoordinatorChild } from './coordinator-child.ts'
import { type Bench, figure, type Figure } from './figure.ts'
import { type LoadClient, loadClient } from './load.ts'
import { birthPayload, linkPayload } from './messages.ts'

const NODES = 1000
/** One node in ten changes each second. */
const CHANGES_PER_SECOND = 100

/** How many status pages a second for a thousand nodes that change, against a constant of the same size. */
export const status: Bench = async ({ quick, say }) => {
  const names = Array.from({ length: NODES }, (_, i) => `node-${i}`)
  const ours = await startCoordinatorChild(names)
  const clients = await Promise.all(
    [...ours.secrets].map(([node, secret]) => loadClient(ours.mqtt, node, secret)),
  )
  for (const client of clients) {
    await client.publish(`ih/1/${client.node}/$birth`, birthPayload(client.node))
    await client.publish(`ih/1/${client.node}/state/link/eth0`, linkPayload(client.node, 1, true))
  }
  const stopChanging = keepChanging(clients)
  const figures: Figure[] = []
  for (const [name, path, accept] of [
    ['status-table-1000', '/', 'text/plain'],
    ['status-json-1000', '/api/v1/nodes?limit=1000', 'application/json'],
  ] as const)
    figures.push(await compare(name, { url: `${ours.http}${path}`, accept, quick, say }))
  stopChanging()
  for (const client of clients) client.close()
  await ours.stop()
  return figures
}

const keepChanging = (clients: readonly LoadClient[]): (() => void) => {
  let turn = 0
  const timer = setInterval(() => {
    const client = clients[turn % clients.length]
    const seq = 2 + Math.floor(turn / clients.length)
    turn++
    if (client)
      void client.publish(`ih/1/${client.node}/state/link/eth0`, linkPayload(client.node, seq, seq % 2 === 1))
  }, 1000 / CHANGES_PER_SECOND)
  return () => clearInterval(timer)
}

type Compared = {
  readonly url: string
  readonly accept: string
  readonly quick: boolean
  readonly say: (text: string) => void
}

const compare = async (name: string, { url, accept, quick, say }: Compared): Promise<Figure> => {
  const body = await (await fetch(url, { headers: { accept } })).arrayBuffer()
  const { child, first } = await startChild<{ port: number }>('test/bench/yardsticks/constant-route.ts', [
    String(body.byteLength),
    accept,
  ])
  const mine: number[] = []
  const constant: number[] = []
  for (let run = 0; run < (quick ? 2 : 5); run++) {
    constant.push(await requestsPerSecond(`http://127.0.0.1:${first.port}/`, accept, quick))
    mine.push(await requestsPerSecond(url, accept, quick))
    say(
      `${name} run ${run + 1} (${body.byteLength} bytes): ours ${mine.at(-1)}/s, constant ${constant.at(-1)}/s`,
    )
  }
  await stopChild(child)
  return figure(name, 'requests/s', {
    ours: mine,
    yardstick: constant,
    against: 'fastify route with a constant of the same size',
  })
}

const requestsPerSecond = async (url: string, accept: string, quick: boolean): Promise<number> => {
  const result = await autocannon({ url, connections: 10, duration: quick ? 3 : 6, headers: { accept } })
  if (result.non2xx > 0) throw new Error(`${url}: ${result.non2xx} answers were not 2xx`)
  return result.requests.average
}
