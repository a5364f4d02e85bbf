/** Every reason for which a part of Infra Home gives up on something; stable, for programs. */
export type ErrorCode =
  | 'config-invalid'
  | 'topology-invalid'
  | 'not-allowed'
  | 'exec-failed'
  | 'exec-timeout'
  | 'probe-failed'
  | 'probe-timeout'
  | 'http-failed'
  | 'http-timeout'
  | 'parse-failed'
  | 'modem-auth'
  | 'modem-busy'
  | 'modem-refused'
  | 'modem-unreachable'
  | 'disk-full'
  | 'disk-failed'
  | 'outbox-corrupt'
  | 'store-corrupt'
  | 'store-full'
  | 'store-failed'
  | 'store-newer'
  | 'broker-failed'
  | 'delivery-failed'
  | 'serial-failed'
  | 'serial-timeout'
  | 'usage'

export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>

/** An expected failure: a code for programs, a sentence for people, the facts around it, and what caused it. */
export class InfraError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext

  constructor(code: ErrorCode, message: string, options: { context?: ErrorContext; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'InfraError'
    this.code = code
    this.context = options.context ?? {}
  }
}

export const isInfraError = (error: unknown, code?: ErrorCode): error is InfraError =>
  error instanceof InfraError && (code === undefined || error.code === code)

/** One line about anything that was thrown. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
