import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/**
 * Keeps the event loop of a Node.js process that was started with --inspect-port=0 busy for some time, as a loop without an
 * end would. Resolves when it is free again.
 */
export const blockLoop = async (child: ChildProcess, forMs: number): Promise<void> => {
  const url = inspectorOf(child)
  child.kill('SIGUSR1') // opens the inspector
  const socket = new WebSocket(await url)
  await once(socket, 'open')
  const expression = `{ const end = Date.now() + ${forMs}; while (Date.now() < end); }`
  const answer = once(socket, 'message')
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }))
  await answer
  socket.close()
}

const inspectorOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    let said = ''
    child.stderr?.on('data', (part: Buffer) => {
      said += part.toString()
      const url = /Debugger listening on (ws:\S+)/.exec(said)?.[1]
      if (url) resolve(url)
    })
  })
