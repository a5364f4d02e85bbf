import type { WishedPage } from '@infra-home/shared/messages/wan.ts'
import { parseAddress } from '@infra-home/shared/topology/subnet.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { type HttpAnswer, parseHttpAnswer } from '../parse/http-answer.ts'
import type { Reach } from '../sys/reach.ts'
import { resolveBy } from './dns.ts'
import type { ProbeWay } from './probe.ts'

/** What a provider writes, or calls the place, when the plan is used up; in the languages of those who sold us one. */
const QUOTA =
  /quota|data.?(plan|limit|volume)|top.?up|out.of.(data|credit)|rechar?ge|forfait|cr[eé]dit|solde|datenvolumen|guthaben|aufladen|saldo|ricarica|bundle/i

/**
 * Asks for a page that says the same wherever one is, from an uplink's own address, by the uplink's own resolver: some 870 bytes at IP level.
 * Whoever says something else stands in between.
 */
export const pageProbe =
  (reach: Pick<Reach, 'ask' | 'say'>, random: () => number) =>
  async ({
    page,
    resolver,
    ...way
  }: Omit<ProbeWay, 'target'> & { readonly page: WishedPage; readonly resolver: string }): Promise<
    'works' | 'portal' | 'quota'
  > => {
    const url = new URL(page.url)
    const to = await addressOf(reach, random, { ...way, resolver, name: url.hostname })
    const port = url.port === '' ? 80 : Number(url.port)
    const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`
    const heard = await reach.say(
      { from: way.from, to, port, timeout: way.timeout, ports: way.apart?.ports ?? null },
      new TextEncoder().encode(request),
    )
    return judgePage(parseHttpAnswer(heard), page)
  }

/** What an answer says of who gave it. Pure. @throws InfraError probe-failed for what is no answer of the web */
export const judgePage = (
  answer: HttpAnswer | null,
  { url, status }: WishedPage,
): 'works' | 'portal' | 'quota' => {
  if (!answer) throw new InfraError('probe-failed', `${url}: what came back is no page`)
  if (answer.status === status) return 'works'
  return QUOTA.test(`${answer.location} ${answer.body}`) ? 'quota' : 'portal'
}

const addressOf = async (
  reach: Pick<Reach, 'ask'>,
  random: () => number,
  { resolver, name, ...way }: Omit<ProbeWay, 'target'> & { readonly resolver: string; readonly name: string },
): Promise<string> => {
  if (parseAddress(name) !== null) return name
  const { addresses } = await resolveBy(reach, random, { ...way, target: resolver, name })
  const address = addresses.find(leadsSomewhere)
  if (address !== undefined) return address
  throw new InfraError('probe-failed', `${resolver} knows no address of ${name}`)
}

/** Resolvers that block a name give such an address for it: this machine, which knows nothing of the line (RFC 1122 §3.2.1.3). */
const leadsSomewhere = (address: string): boolean => !/^(0|127)\./.test(address)
