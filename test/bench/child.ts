import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** Starts a script of ours that talks over IPC; resolves with its first message. */
export const startChild = <T>(
  script: string,
  args: readonly string[] = [],
  node: { readonly flags?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<{ child: ChildProcess; first: T }> =>
  new Promise((resolve, reject) => {
    const child = fork(join(ROOT, script), [...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [...(node.flags ?? [])],
      env: { ...process.env, ...node.environment },
    })
    child.once('message', (first) => resolve({ child, first: first as T }))
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
  })

/** Asks a child one thing and resolves with its next message. */
export const ask = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve) => {
    child.once('message', (message) => resolve(message as T))
    child.send({})
  })

export const stopChild = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
