// Subscribes to everything on a bare broker and counts, in a process of its own; answers each message of its parent with the count.
import { loadClient } from '../load.ts'

const client = await loadClient({ host: '127.0.0.1', port: Number(process.argv[2]) }, 'counter', '')
let count = 0
await client.subscribe('ih/1/+/tm', () => {
  count++
})
process.send?.({ ready: true })
process.on('message', () => process.send?.({ count }))
process.on('disconnect', () => process.exit(0))
