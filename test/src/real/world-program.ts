// Somebody beyond an uplink. `world ADDRESS…`: resolvers and open ports at each address, and the web. `resolver ADDRESS…`: resolvers alone, as a
// gateway has one. `ports ADDRESS…`: open ports alone. `portal PORT LOCATION`: somebody who answers in place of the web, and sends everybody elsewhere. `liar PORT`: a resolver for
// whom every name is the web's.
import { createSocket } from 'node:dgram'
import { createServer as createWeb } from 'node:http'
import { createServer, isIPv6 } from 'node:net'
import { ROOT_SERVERS } from '@infra-home/agent/probes/root-servers.ts'

/** Where all other names lead. */
const WEB = '203.0.113.1'
const [mode = '', ...args] = process.argv.slice(2)

const answerTo = (question: Buffer): Buffer => {
  const root = ROOT_SERVERS.find(({ name }) => mode !== 'liar' && question.includes(labels(name)))
  const head = Buffer.from(question.subarray(0, 12))
  head[2] = (head[2] ?? 0) | 0x80
  head.writeUInt16BE(1, 6)
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4])
  const address = Buffer.from((root?.address ?? WEB).split('.').map(Number))
  return Buffer.concat([head, question.subarray(12), record, address])
}
const labels = (name: string): Buffer =>
  Buffer.concat(name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])))

const resolver = async (address: string, at = 53): Promise<void> => {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  socket.on('message', (question, { port, address: from }) => socket.send(answerTo(question), port, from))
  await new Promise<void>((resolve) => socket.bind(at, address, resolve))
}
const openPort = async (address: string): Promise<void> => {
  const server = createServer((taken) => taken.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(443, address, resolve))
}
const web = async (port: number, location: string | null): Promise<void> => {
  const server = createWeb((request, response) => {
    if (location !== null) response.writeHead(302, { location }).end()
    else if (request.url?.endsWith('/generate_204')) response.writeHead(204).end()
    else response.end('x'.repeat(20_000))
  })
  await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve))
}

if (mode === 'portal') await web(Number(args[0]), args[1] ?? '')
else if (mode === 'liar') await resolver('0.0.0.0', Number(args[0]))
else if (mode !== 'ports') for (const address of args) await resolver(address)
if (mode === 'world' || mode === 'ports') for (const address of args) await openPort(address)
if (mode === 'world') await web(80, null)
process.stdout.write('ready\n')
