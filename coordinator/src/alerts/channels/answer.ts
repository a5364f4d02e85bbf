import { InfraError } from '@infra-home/shared/errors.ts'
import type { HttpPost } from './channel.ts'

/** Sends a request and reads the answer as a delivery's: 2xx is taken, 408, 429 and 5xx may be tried again. */
export const deliver = async (
  name: string,
  post: HttpPost,
  request: Parameters<HttpPost>[0],
): Promise<string> => {
  const { status, body } = await post(request).catch((cause: unknown) => {
    throw new InfraError(
      'delivery-failed',
      `${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        context: { retryable: true },
      },
    )
  })
  if (status >= 200 && status < 300) return `HTTP ${status}`
  const retryable = status === 408 || status === 429 || status >= 500
  throw new InfraError('delivery-failed', `${name}: HTTP ${status} ${body.slice(0, 200)}`.trim(), {
    context: { status, retryable },
  })
}
