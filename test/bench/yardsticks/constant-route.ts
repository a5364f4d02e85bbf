// The yardstick of `status`: a fastify route that returns a constant of the size given in bytes. Says its port.
import Fastify from 'fastify'

const body = Buffer.alloc(Number(process.argv[2]), 'x')
const app = Fastify()
app.get('/', (_request, reply) => reply.type(process.argv[3] ?? 'text/plain').send(body))
await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as { port: number }).port })
process.on('disconnect', () => process.exit(0))
