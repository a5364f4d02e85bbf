import { readFileSync } from 'node:fs'
import { readdir, readFile, statfs } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { withAllowList } from './allow-list.ts'
import { brokerHost } from './broker-host.ts'
import { realClock } from './real-clock.ts'
import { realConverse } from './real-converse.ts'
import { realDisk } from './real-disk.ts'
import { commands, type OwnEnvironment, type OwnScripts, realExec } from './real-exec.ts'
import { realHttp } from './real-http.ts'
import type { IdentityFolder } from './identity-folder.ts'
import { type LargeFilesFrom, realLargeFiles } from './real-large-files.ts'
import { realReach } from './real-reach.ts'
import { realSerial } from './real-serial.ts'
import { realShare } from './real-share.ts'
import { realStream } from './real-stream.ts'
import type { Sys } from './sys.ts'

/** The kernel's id of this boot. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/**
 * /proc answers from the kernel's memory: a way through the thread pool would double what a sample costs. /sys may ask hardware
 * and wait for it.
 */
const readNow = async (path: string): Promise<string | null> => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** An enrolled device fetches from the coordinator that it knows, by TLS; another from the machine that its broker is on. */
const sourceOf = (identity: IdentityFolder | null): LargeFilesFrom => ({
  host: () => {
    const given = identity?.read()?.given
    return given ? new URL(given.coordinator.https).hostname.replaceAll(/^\[|\]$/g, '') : brokerHost()
  },
  authority: () => identity?.read()?.given.authority ?? null,
})

/** The machine that we run on. */
export const realSys = (options: {
  readonly stateDir: string
  readonly scripts: OwnScripts
  readonly environment: OwnEnvironment
  /** Of an enrolled device. */
  readonly identity?: IdentityFolder | null
}): Sys => {
  const toCommand = commands(options.scripts, options.environment)
  return {
    clock: realClock(),
    boot: bootId(),
    hostname: hostname(),
    disk: realDisk(options.stateDir),
    share: realShare(options.environment.runtimeFolder),
    http: realHttp(),
    copies: realLargeFiles(join(options.stateDir, 'backups'), sourceOf(options.identity ?? null)),
    reach: realReach(),
    ...withAllowList({
      readText: (path) =>
        path.startsWith('/proc/') ? readNow(path) : readFile(path, 'utf8').catch(() => null),
      readDir: (path) => readdir(path).catch(() => []),
      diskSpace: (path) =>
        statfs(path).then(
          ({ bsize, blocks, bavail }) => ({ totalBytes: bsize * blocks, availableBytes: bsize * bavail }),
          () => null,
        ),
      exec: (program, args, timeout, input) => realExec(toCommand, { program, args, timeout, input }),
      stream: (program, args, on) => realStream(toCommand, { program, args }, on),
      converse: (program, args) => realConverse(toCommand, { program, args }),
      serial: realSerial,
    }),
  }
}
