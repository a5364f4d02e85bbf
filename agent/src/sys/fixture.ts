import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { withAllowList } from './allow-list.ts'
import { noLargeFiles } from './no-large-files.ts'
import { noConversing, noReach, noSerial } from './no-reach.ts'
import type { Sys } from './sys.ts'

/**
 * A system that is a folder: `root/proc/…`, `root/sys/…` as the kernel would show them, and `exec/PROGRAM ARGS.txt` for what a
 * program prints. What is not in it does not exist; it has no network and keeps nothing.
 */
export const fixtureSys = (folder: string, clock: Clock): Sys => {
  const at = (path: string): string => join(folder, 'root', path)
  return {
    clock,
    boot: 'fixture-boot',
    hostname: 'fixture',
    ...withAllowList({
      readText: async (path) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : null),
      readDir: async (path) => (existsSync(at(path)) ? readdirSync(at(path)) : []),
      diskSpace: async () => null,
      async exec(program, args) {
        const file = join(folder, 'exec', `${[program, ...args].join(' ')}.txt`)
        if (!existsSync(file)) throw new InfraError('exec-failed', `${program} is not installed`)
        return readFileSync(file, 'utf8')
      },
      stream(program, _args, on) {
        on.ended(`${program} is not installed`)
        return { stop() {} }
      },
      converse: noConversing,
      serial: noSerial,
    }),
    share: async () => null,
    http: async () => {
      throw new InfraError('http-failed', 'a fixture has no network')
    },
    reach: noReach('a fixture has no network'),
    copies: noLargeFiles('a fixture has no network'),
    disk: {
      list: async () => [],
      read: async () => null,
      append: async () => {},
      replace: async () => {},
      remove: async () => {},
    },
  }
}
