import { InfraError } from '@infra-home/shared/errors.ts'
import { type DnsAnswer, dnsQuestion, parseDnsAnswer } from '../parse/dns.ts'
import type { Reach } from '../sys/reach.ts'
import type { Probe, ProbeWay } from './probe.ts'
import { ROOT_SERVERS } from './root-servers.ts'

const PORT = 53

/** Asks a resolver for a name whose address is known, each time for the next of them: 144 bytes at IP level with the answer. */
export const dnsProbe = (reach: Pick<Reach, 'ask'>, random: () => number): Probe => {
  let asked = 0
  return {
    method: 'dns',
    async ask(way) {
      const { name, address } = ROOT_SERVERS[asked++ % ROOT_SERVERS.length] ?? ROOT_SERVERS[0]
      const answer = await resolveBy(reach, random, { ...way, name })
      return answer.rcode === 0 && answer.addresses.includes(address) ? 'works' : 'answers'
    },
  }
}

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
