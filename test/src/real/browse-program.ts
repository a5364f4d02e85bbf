// Somebody of the house who looks at the web: asks a resolver for a name, and gets a page, twice a second, until it is ended. Prints when it began each.
import { createSocket } from 'node:dgram'
import { get } from 'node:http'
import { dnsQuestion } from '@infra-home/agent/parse/dns.ts'

const [resolver = '', server = ''] = process.argv.slice(2)
const socket = createSocket('udp4')
socket.on('message', () => {})
setInterval(() => {
  process.stdout.write(`${Date.now()}\n`)
  socket.send(dnsQuestion(1, 'example.org'), 53, resolver)
  get({ host: server, path: '/', agent: false, timeout: 5000 }, (answer) => answer.resume()).on(
    'error',
    () => {},
  )
}, 500)
process.stdout.write('ready\n')
