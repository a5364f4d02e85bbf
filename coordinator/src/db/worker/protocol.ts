import { InfraError, type ErrorCode, type ErrorContext, describeError } from '@infra-home/shared/errors.ts'
import type { Engine } from '../engine.ts'
import type { SqliteOptions } from '../sqlite/engine.ts'

/** What a worker is started for; its workerData. */
export type StoreJob =
  | { readonly storeJob: 'serve'; readonly options: SqliteOptions }
  | { readonly storeJob: 'backup'; readonly path: string; readonly toFile: string }

export const isStoreJob = (data: unknown): data is StoreJob =>
  typeof data === 'object' && data !== null && 'storeJob' in data

export type Question = {
  readonly id: number
  readonly method: keyof Engine
  readonly args: readonly unknown[]
}

/** Errors as plain data: classes do not cross threads. */
export type Failure = {
  readonly code: ErrorCode
  readonly message: string
  readonly context: ErrorContext
}

/** id 0 answers the start itself. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure }

export const toFailure = (error: unknown): Failure =>
  error instanceof InfraError
    ? { code: error.code, message: error.message, context: error.context }
    : { code: 'store-failed', message: describeError(error), context: {} }

export const fromFailure = ({ code, message, context }: Failure): InfraError =>
  new InfraError(code, message, { context })
