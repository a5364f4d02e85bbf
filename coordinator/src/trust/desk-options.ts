import type { Request } from '../world/input.ts'
import type { Agreement } from './agreement.ts'
import type { Enrolments } from './enrolments.ts'
import type { Grant, Granting } from './grant.ts'
import type { Nonces } from './nonces.ts'

export type DeskOptions = Granting & {
  readonly site: string
  readonly enrolments: Enrolments
  readonly agreement: () => Agreement
  readonly nonces: Nonces
  readonly signingKeys: () => readonly string[]
  readonly newId: (wall: number) => string
  /** Puts what was done on record; resolves when the disk has it. */
  readonly record: (request: Request) => Promise<unknown>
  /** Where devices find the broker (null: nowhere) and the API, seen from `host`. */
  readonly places: (host: string) => Pick<Grant, 'coordinator'> & { readonly broker: Grant['broker'] | null }
  /** Milliseconds, monotonic. */
  readonly mono: () => number
  /** Takes the plain secret of a node away. */
  readonly removeSecret: (node: string) => boolean
}

/** Where a request came from, and the host by which it reached us. */
export type From = { readonly source: string; readonly host: string }
