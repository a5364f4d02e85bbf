import type { RefusalAtBroker } from '../bus.ts'

export type LoggedRefusal = { readonly reason: RefusalAtBroker; readonly detail: string }

/** OpenSSL's words, as Mosquitto 2.0 writes them down: it does not say whether a certificate is foreign, expired or revoked. */
const HANDSHAKES: readonly (readonly [words: RegExp, reason: RefusalAtBroker])[] = [
  [/peer did not return a certificate/, 'no-certificate'],
  [/certificate verify failed/, 'bad-certificate'],
]

/**
 * Reads Mosquitto's log (2.0, `log_type all`), line by line, for what the broker refused. A refused subscription has no line of its
 * own: it is asked for, and then not granted before the answer goes out.
 */
export const refusalReader = (): ((line: string) => readonly LoggedRefusal[]) => {
  let asking = ''
  let asked: readonly string[] = []
  return (line) => {
    const text = line.replace(/^\d+: /, '')
    const from = /^Received SUBSCRIBE from (\S+)/.exec(text)?.[1]
    if (from !== undefined) {
      asking = from
      asked = []
      return []
    }
    const filter = /^\t(.*) \(QoS \d\)$/.exec(text)?.[1]
    if (filter !== undefined) asked = [...asked, filter]
    const granted = /^(\S+) [012] (.*)$/.exec(text)
    if (granted?.[1] === asking) asked = asked.filter((one) => one !== granted[2])
    if (asked.length > 0 && text === `Sending SUBACK to ${asking}`) {
      const refused = asked.map((one) => refusal('forbidden-subscribe', `${asking} to ${one}`))
      asked = []
      return refused
    }
    const denied = /^Denied PUBLISH from (\S+) \(.*?'([^']*)'/.exec(text)
    if (denied) return [refusal('forbidden-publish', `${denied[1]} to ${denied[2]}`)]
    const handshake = text.startsWith('OpenSSL Error') && HANDSHAKES.find(([words]) => words.test(text))
    return handshake ? [refusal(handshake[1], text)] : []
  }
}

const refusal = (reason: RefusalAtBroker, detail: string): LoggedRefusal => ({
  reason,
  detail: detail.slice(0, 320),
})
