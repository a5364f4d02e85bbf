import { COORDINATOR_KINDS, coordinatorStateTopic, parseTopic } from '@infra-home/shared/topics.ts'

/** A node writes only below its own name, and never what is the coordinator's to say. */
export const mayPublish = (node: string, topic: string): boolean => {
  const parsed = parseTopic(topic)
  return parsed !== null && parsed.node === node && !COORDINATOR_KINDS.includes(parsed.kind)
}

/** A node hears what the coordinator says to it and whether the coordinator is there; nothing else, by no wildcard. */
export const maySubscribe = (node: string, filter: string): boolean =>
  filter === coordinatorStateTopic ||
  filter === `ih/1/${node}/ack` ||
  filter === `ih/1/${node}/cmd/+` ||
  filter === `ih/1/${node}/lease` ||
  filter === `ih/1/${node}/want/+`

/** Home Assistant says here that it has started; whoever feeds it says everything again. */
export const READER_TOPIC = 'homeassistant/status'

/** A reader hears everything of the home, all at once or some of it. */
export const readerMaySubscribe = (filter: string): boolean => filter.startsWith('ih/1/')
