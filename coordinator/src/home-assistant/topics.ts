import { COORDINATOR, ROOT } from '@infra-home/shared/topics.ts'

/** Home Assistant's own default for both of its topics. */
export const USUAL_PREFIX = 'homeassistant'

/** Home Assistant says here that it has started: `online`. */
export const statusTopic = (prefix: string): string => `${prefix}/status`

/** Below here lies what Home Assistant is to make devices of; others beside us may write there. */
export const discoveryTopic = (prefix: string, device: string): string => `${prefix}/device/${device}/config`

/** What a device shows now: words of the coordinator, in its own corner of the tree. */
export const deviceTopic = (device: string): string => `${ROOT}/${COORDINATOR}/home-assistant/${device}`
