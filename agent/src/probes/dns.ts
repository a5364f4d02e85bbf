import { InfraError } from '@infra-home/shared/errors.ts'
import { type DnsAnswer, dnsQuestion, parseDnsAnswer } from '../parse/dns.ts'
import type { Reach } from '../sys/reach.ts'
import type { Probe, ProbeWay } from './probe.ts'

const PORT = 53
/** It has had the same address since 1997, and every resolver knows it: who says something else says it to everything. */
const KNOWN = { name: 'a.root-servers.net', address: '198.41.0.4' }

/** Asks a resolver for a name whose address is known: 144 bytes at IP level with the answer. */
export const dnsProbe = (reach: Pick<Reach, 'ask'>, random: () => number): Probe => ({
  method: 'dns',
  async ask(way) {
    const answer = await resolveBy(reach, random, { ...way, name: KNOWN.name })
    return answer.rcode === 0 && answer.addresses.includes(KNOWN.address) ? 'works' : 'answers'
  },
})

/** What the resolver `target` says of a name. @throws InfraError probe-timeout, probe-failed */
export const resolveBy = async (
  reach: Pick<Reach, 'ask'>,
  random: () => number,
  { from, target, timeout, name, apart }: ProbeWay & { readonly name: string },
): Promise<DnsAnswer> => {
  const id = Math.floor(random() * 0x10000)
  const isAnswer = (bytes: Uint8Array): boolean => parseDnsAnswer(bytes)?.id === id
  const way = { from, to: target, port: PORT, timeout, ports: apart?.ports ?? null }
  const answer = parseDnsAnswer(await reach.ask(way, dnsQuestion(id, name), isAnswer))
  if (answer) return answer
  throw new InfraError('probe-failed', `${target} answered something that is no answer`)
}
