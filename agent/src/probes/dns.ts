import { dnsQuestion, parseDnsAnswer } from '../parse/dns.ts'
import type { ProbeMaker } from './probe.ts'

const PORT = 53
/** It has had the same address since 1997, and every resolver knows it. */
const NAME = 'a.root-servers.net'

/** Asks a resolver for a name: 144 bytes at IP level with the answer. */
export const dnsProbe: ProbeMaker = (reach, random) => ({
  method: 'dns',
  async ask({ from, target, timeout }) {
    const id = Math.floor(random() * 0x10000)
    const isAnswer = (bytes: Uint8Array): boolean => parseDnsAnswer(bytes)?.id === id
    const way = { from, to: target, port: PORT, timeout }
    const answer = parseDnsAnswer(await reach.ask(way, dnsQuestion(id, NAME), isAnswer))
    return answer?.rcode === 0 ? 'works' : 'answers'
  },
})
