import { describeError, type ErrorCode, InfraError } from '@infra-home/shared/errors.ts'
import Database from 'better-sqlite3'

/** What SQLite threw, as an error of ours; https://sqlite.org/rescode.html. */
export const storeError = (error: unknown): unknown => {
  if (error instanceof InfraError) return error
  const reason = error instanceof Database.SqliteError ? error.code : null
  return new InfraError(codeOf(reason), describeError(error), { context: { reason }, cause: error })
}

const codeOf = (reason: string | null): ErrorCode => {
  if (reason === 'SQLITE_FULL' || reason === 'SQLITE_IOERR_SHMSIZE') return 'store-full'
  if (reason?.startsWith('SQLITE_CORRUPT') || reason === 'SQLITE_NOTADB') return 'store-corrupt'
  return 'store-failed'
}
