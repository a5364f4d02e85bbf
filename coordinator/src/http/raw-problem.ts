import type { Duplex } from 'node:stream'
import { type Problem, problemText, statusOf } from './problem.ts'

/** Answers with a problem, and hangs up, where there is no request that the API could answer. */
export const endWithProblem = (socket: Duplex, problem: Problem): void => {
  const body = problemText(problem)
  const head = [
    `HTTP/1.1 ${statusOf(problem)} ${problem.kind}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.once('error', () => socket.destroy())
  socket.end([...head, '', body].join('\r\n'), () => socket.destroy())
}
