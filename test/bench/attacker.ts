// What a thief with a node's secret and a place in the network does, at once and until its parent goes: 10,000 messages a
// second, packets of 1 MB, half packets, and 500 TLS handshakes that never end. Arguments: port of plain MQTT, port of MQTT over
// TLS, secret. Answers each message of its parent with how much it did.
import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'

const [mqtt = 0, mqtts = 0] = process.argv.slice(2, 4).map(Number)
const secret = process.argv[4] ?? ''
const NODE = 'thief'
const HANDSHAKES = 500
/** Every so many milliseconds so many messages: 10,000 a second. */
const BURST = { everyMs: 10, messages: 100 }

const done = { messages: 0, large: 0, halves: 0, handshakes: 0, cut: 0 }

const dial = (port: number, onClose: () => void = () => {}): Socket => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.on('close', onClose)
  socket.resume()
  return socket
}

const hello = generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: NODE,
  keepalive: 0,
  username: NODE,
  password: Buffer.from(secret),
})
const word = (payload: string): Buffer =>
  generate({ cmd: 'publish', topic: `ih/1/${NODE}/tm`, payload, qos: 0, dup: false, retain: false })

const flood = (): void => {
  const socket = dial(mqtt, () => {
    clearInterval(timer)
    done.cut++
    setTimeout(flood, 100)
  })
  socket.write(hello)
  const burst = Buffer.concat(Array.from({ length: BURST.messages }, () => word('x'.repeat(200))))
  const timer = setInterval(() => {
    if (socket.writableLength > 10 * burst.length) return
    socket.write(burst)
    done.messages += BURST.messages
  }, BURST.everyMs)
}

const large = word('x'.repeat(1_000_000))
const sendLarge = (): void => {
  const socket = dial(mqtt)
  socket.write(hello)
  socket.write(large)
  done.large++
  setTimeout(() => socket.destroy(), 100)
}

const sendHalf = (): void => {
  const socket = dial(mqtt)
  socket.write(hello.subarray(0, hello.length - 3))
  done.halves++
  setTimeout(() => socket.destroy(), 5000)
}

const handshake = (): void => {
  done.handshakes++
  dial(mqtts, () => setTimeout(handshake, 1000))
}

flood()
for (let i = 0; i < HANDSHAKES; i++) handshake()
setInterval(sendLarge, 250)
setInterval(sendHalf, 100)
process.send?.({ ready: true })
process.on('message', () => process.send?.(done))
process.on('disconnect', () => process.exit(0))
