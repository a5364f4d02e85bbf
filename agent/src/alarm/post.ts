import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { HttpClient } from '../sys/sys.ts'

const LIMIT = seconds(20)
/** Nothing that posts takes longer than this. */
export const POSTING_LIMIT = seconds(30)

/**
 * POSTs JSON. A web page is no answer of such a service but the sign-in page of some network on the way. An error names the host and no more of the address, which may be a secret.
 * @throws InfraError http-failed, http-timeout, delivery-failed
 */
export const post = async (
  http: HttpClient,
  { url, bearer }: { readonly url: string; readonly bearer: string | null },
  body: object,
): Promise<void> => {
  const { status, body: said } = await http({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify(body),
    timeout: LIMIT,
    maxBytes: 65_536,
  })
  if (status < 200 || status >= 300)
    throw new InfraError('delivery-failed', `${new URL(url).host} answers HTTP ${status}`)
  if (said.trimStart().startsWith('<'))
    throw new InfraError('delivery-failed', `${new URL(url).host} answers with a web page`)
}
