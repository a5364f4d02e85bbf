import type { Clock, DurationMs } from '@infra-home/shared/clock.ts'
import type { Program } from './allow-list.ts'
import type { Conversing } from './converse.ts'
import type { Reach } from './reach.ts'
import type { OpenSerial } from './serial.ts'

export type HttpRequest = {
  readonly method: 'GET' | 'POST'
  /** http:// as modems speak it on the LAN, or https:// to somebody outside, judged by the authorities that Node.js knows. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeout: DurationMs
  /** A longer answer is cut off and is an error. */
  readonly maxBytes?: number
}

export type HttpAnswer = {
  readonly status: number
  /** Lower-case names; a header that came more than once is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** @throws InfraError http-failed (no connection, cut, too long), http-timeout; its context says `unsent: true` when there was no connection: unsent.ts */
export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>

/** A program that runs until stopped and is read line by line. */
export type LineStream = { stop(): void }

/** A folder that outlives the process: the agent's state. Names are plain file names. */
export type Disk = {
  list(): Promise<string[]>
  /** null when there is no such file */
  read(name: string): Promise<Uint8Array | null>
  /** Durable when it resolves. @throws InfraError disk-full, disk-failed: then any prefix of `bytes` may be there */
  append(name: string, bytes: Uint8Array): Promise<void>
  /** Replaces the whole file at one instant, durable when it resolves. @throws InfraError disk-full, disk-failed */
  replace(name: string, bytes: Uint8Array): Promise<void>
  /** No error when it is not there. */
  remove(name: string): Promise<void>
}

/** Where on the broker's host a file is served. */
export type FileSource = { readonly port: number; readonly path: string }

/** A folder of files that are too large for memory. Names are plain file names. */
export type LargeFiles = {
  /** Every file with its length in bytes, in order of name. */
  list(): Promise<readonly { readonly name: string; readonly bytes: number }[]>
  /** Bytes of the file system that holds the folder; null when unknown. */
  space(): Promise<DiskSpace | null>
  /**
   * Appends to `name` what the source serves from where the file ends, `most` bytes in all; a source that cannot go on there
   * begins anew. What arrived is kept, also when it fails.
   * @throws InfraError http-failed (with its status, when there was one), http-timeout, disk-full, disk-failed
   */
  fetch(name: string, source: FileSource, most: number): Promise<void>
  /** The SHA-256 of the whole file, hexadecimal. @throws InfraError disk-failed */
  sha256(name: string): Promise<string>
  /** Durable when it resolves, and so is what the file holds. @throws InfraError disk-full, disk-failed */
  rename(from: string, to: string): Promise<void>
  /** No error when it is not there. */
  remove(name: string): Promise<void>
}

export type DiskSpace = { readonly totalBytes: number; readonly availableBytes: number }

/**
 * Everything an agent can see and do outside its own memory. There are three makers: the real one, one that reads a
 * fixture tree, and a simulated one.
 */
export type Sys = {
  readonly clock: Clock
  /** The kernel's boot id. */
  readonly boot: string
  readonly hostname: string
  readonly disk: Disk
  /**
   * Puts a small file where other programs of this machine read it, whole or not at all, and says where; null where there is no such place.
   * @throws InfraError disk-failed
   */
  share(name: string, text: string): Promise<string | null>
  readonly http: HttpClient
  /** Copies of the coordinator's backups, in a folder of their own. */
  readonly copies: LargeFiles
  /**
   * The text of a file of /proc, /sys or /run; null when it does not exist or cannot be read (EINVAL of a down link).
   * @throws InfraError not-allowed, as all below: allow-list.ts says what is
   */
  readText(path: string): Promise<string | null>
  /** Names in a folder; empty when it does not exist. */
  readDir(path: string): Promise<string[]>
  /** Bytes of the file system that holds `path`; null when unknown. */
  diskSpace(path: string): Promise<DiskSpace | null>
  /**
   * Standard output of a program that is given `input`, or nothing, to read. One that takes too long is ended with all that it started.
   * @throws InfraError exec-failed (not there, exit code), exec-timeout
   */
  exec(program: Program, args: readonly string[], timeout?: DurationMs, input?: string): Promise<string>
  /** Runs a program and hands over its lines; `ended` is called once with the reason unless it was stopped. */
  stream(
    program: Program,
    args: readonly string[],
    on: { line(text: string): void; ended(reason: string): void },
  ): LineStream
  /** A program that is asked line by line; it starts with the first question. */
  converse(program: Program, args: readonly string[]): Conversing
  /** A serial line to a modem. @throws InfraError not-allowed, from the first command */
  readonly serial: OpenSerial
  /** Sockets for asking whether a path leads anywhere. */
  readonly reach: Reach
}
