// Asks a resolver for a name until it answers, or for five seconds, and prints whether it did.
import { createSocket } from 'node:dgram'
import { dnsQuestion } from '@infra-home/agent/parse/dns.ts'

const [resolver = ''] = process.argv.slice(2)
const socket = createSocket('udp4')
const say = (answered: boolean): void => {
  process.stdout.write(`${JSON.stringify({ answered })}\n`, () => process.exit(0))
}
socket.on('message', () => say(true))
socket.on('error', () => say(false))
setInterval(() => socket.send(dnsQuestion(7, 'example.org'), 53, resolver), 300)
setTimeout(() => say(false), 5000)
