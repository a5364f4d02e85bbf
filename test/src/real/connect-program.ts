// `once ADDRESS COUNT`: opens so many connections to port 443 of an address, one after the other. `keep ADDRESS 1`: says something by one ten times a second,
// for as long as it can, and prints `connected` first. Prints what became of each, and after how many milliseconds of which it was late for how many.
import { connect } from 'node:net'
import { startTook, type Took } from '../helpers/late-ticks.ts'

const [mode = '', host = '', count = '1'] = process.argv.slice(2)
const LONGEST = 20_000

const once = (): Promise<{ readonly said: string } & Took> =>
  new Promise((resolve) => {
    const took = startTook()
    const socket = connect({ host, port: 443 })
    const say = (said: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ said, ...took() })
    }
    const timer = setTimeout(say, LONGEST, 'nothing')
    socket.on('connect', () => {
      if (mode === 'once') return say('connected')
      process.stdout.write('connected\n')
      setInterval(() => socket.write('x'), 100).unref()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => say(error.code ?? error.message))
  })

const answers = []
for (let i = 0; i < Number(count); i++) answers.push(await once())
process.stdout.write(JSON.stringify({ answers }))
process.exit(0)
