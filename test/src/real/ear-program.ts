// Somebody's web server, told by webhooks: `ear ADDRESS PORT`. Prints a JSON line for each message: the path that it came to, and what it said.
import { createServer } from 'node:http'

const [address = '', port = ''] = process.argv.slice(2)
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (part: Buffer) => (body += part.toString()))
  request.on('end', () => {
    process.stdout.write(`${JSON.stringify({ path: request.url, message: JSON.parse(body) as unknown })}\n`)
    response.end('thanks')
  })
})
server.listen(Number(port), address, () => process.stdout.write(`${JSON.stringify({ path: null })}\n`))
