import { COORDINATOR_KINDS, coordinatorStateTopic, parseTopic, ROOT } from '@infra-home/shared/topics.ts'
import { statusTopic } from '../home-assistant/topics.ts'

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

/** A reader says nothing but that it has started, if it is Home Assistant. */
export const readerMayPublish = (topic: string, homeAssistantPrefix: string): boolean =>
  topic === statusTopic(homeAssistantPrefix)

/** A reader hears everything of the home, all at once or some of it, and what makes devices of it in Home Assistant. */
export const readerMaySubscribe = (filter: string, homeAssistantPrefix: string): boolean =>
  filter.startsWith(`${ROOT}/`) || filter.startsWith(`${homeAssistantPrefix}/`)
