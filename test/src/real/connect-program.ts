// Opens connections to a port of an address, one after the other, and prints what became of each and after how many milliseconds.
import { connect } from 'node:net'

const [address = '', port = '443', count = '1'] = process.argv.slice(2)
const LONGEST = 8000

const once = (): Promise<{ readonly said: string; readonly ms: number }> =>
  new Promise((resolve) => {
    const begun = performance.now()
    const socket = connect({ host: address, port: Number(port), timeout: LONGEST })
    const say = (said: string): void => {
      socket.destroy()
      resolve({ said, ms: Math.round(performance.now() - begun) })
    }
    socket.on('connect', () => say('connected'))
    socket.on('timeout', () => say('nothing'))
    socket.on('error', (error: NodeJS.ErrnoException) => say(error.code ?? error.message))
  })

const answers = []
for (let i = 0; i < Number(count); i++) answers.push(await once())
process.stdout.write(JSON.stringify({ answers }))
