import type { Disk } from '@infra-home/agent/sys/sys.ts'
import { readPayload } from '@infra-home/agent/outbox/record.ts'
import { RECORD_HEADER_BYTES, recordAt, SEGMENT_MAGIC } from '@infra-home/agent/outbox/segment.ts'
import { parseSegmentName } from '@infra-home/agent/outbox/shelf.ts'

/** What outboxes have taken for good, by node/session/number; each with the time on its label. */
export type Accepted = Map<string, { readonly topic: string; readonly at: string }>

export const acceptedKey = (node: string, session: number, seq: number | null): string =>
  `${node}/${session}/${seq}`

/** A disk whose outbox is read along: what it has written durably is accepted, whatever becomes of the process. */
export const witnessDisk = (
  disk: Disk,
  { node, accepted }: { readonly node: string; readonly accepted: Accepted },
): Disk => ({
  ...disk,
  async append(name, bytes) {
    await disk.append(name, bytes)
    if (!parseSegmentName(name)) return
    for (const { topic, message } of entriesIn(bytes)) {
      const { session, seq, at } = message as { session: number; seq: number; at: string }
      accepted.set(acceptedKey(node, session, seq), { topic, at })
    }
  },
})

function* entriesIn(bytes: Uint8Array): Generator<{ readonly topic: string; readonly message: object }> {
  const opening = SEGMENT_MAGIC.every((byte, i) => bytes[i] === byte)
  let offset = opening ? SEGMENT_MAGIC.length : 0
  while (offset + RECORD_HEADER_BYTES <= bytes.length) {
    const record = recordAt(bytes, offset)
    if (!record) throw new Error('an outbox wrote something that is no record')
    const payload = readPayload(record.value)
    if (payload?.kind === 'entry') yield payload
    offset += record.length
  }
}
