// `serve ADDRESS`: tells whoever sends a datagram whence it came, and takes without a word what comes to the next port. `stream ADDRESS COUNT
// [EVERY_MS [both|up [BYTES]]]`: sends so many, one each 10 ms unless told otherwise, from one port, and prints `begun` when the
// first has come back, `from ADDRESS` whenever one is seen to come from another, and at last, or when it is told to end, how many did and from which addresses, in order; `up` sends to the port that says nothing. `upload ADDRESS`: sends by TCP as much as the line takes.
import { createSocket } from 'node:dgram'
import { connect, createServer, isIPv6 } from 'node:net'

const PORT = 7777
const LONGEST_WAY_MS = 3000
const [mode, address = '', count = '0', every = '10', way = 'both', bytes = '1'] = process.argv.slice(2)
const kind = isIPv6(address) ? 'udp6' : 'udp4'
const socket = createSocket(kind)
if (mode === 'serve') {
  createSocket(kind).bind(PORT + 1, address)
  createServer((taken) => taken.on('error', () => {}).resume()).listen(PORT, address)
  socket.on('message', (_, { address: from, port }) => socket.send(from, port, from))
  socket.bind(PORT, address, () => void process.stdout.write('ready\n'))
} else if (mode === 'upload') {
  const more = Buffer.alloc(16_384, '?')
  const upload = connect(PORT, address)
  const fill = (): void => void (upload.write(more) && setImmediate(fill))
  upload.on('connect', fill).on('drain', fill)
} else {
  const payload = Buffer.alloc(Number(bytes), '?')
  const sources: string[] = []
  let sent = 0
  let received = 0
  let failed = 0
  socket.on('message', (said) => {
    if (received++ === 0) process.stdout.write('begun\n')
    const source = said.toString()
    if (sources.at(-1) === source) return
    sources.push(source)
    process.stdout.write(`from ${source}\n`)
  })
  socket.on('error', () => failed++)
  const send = (): void => {
    sent++
    socket.send(payload, way === 'up' ? PORT + 1 : PORT, address, (error) => error && failed++)
  }
  const sending = setInterval(() => (sent < Number(count) ? send() : finish()), Number(every))
  let isFinishing = false
  /** What is on its way comes; what has not come for so long is lost. */
  const finish = (): void => {
    clearInterval(sending)
    if (isFinishing) return
    isFinishing = true
    const until = performance.now() + LONGEST_WAY_MS
    const waiting = setInterval(() => {
      if (received + failed < sent && performance.now() < until) return
      clearInterval(waiting)
      process.stdout.write(`${JSON.stringify({ sent, received, failed, sources })}\n`)
      socket.close()
    }, 20)
  }
  process.on('SIGTERM', finish)
}
