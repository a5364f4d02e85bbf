// An internet: answers every DNS question with what it was asked, and takes connections, on each address that it is told.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

for (const address of process.argv.slice(2)) {
  const socket = createSocket('udp4')
  socket.on('message', (question, { port, address: from }) => {
    const answer = Buffer.from(question)
    answer[2] = (answer[2] ?? 0) | 0x80
    socket.send(answer, port, from)
  })
  await new Promise<void>((resolve) => socket.bind(53, address, resolve))
  const server = createServer((taken) => taken.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(443, address, resolve))
}
process.stdout.write('ready\n')
