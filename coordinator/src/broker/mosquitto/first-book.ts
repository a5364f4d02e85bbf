import { USUAL_PREFIX } from '../../home-assistant/topics.ts'
import { ROLE_PREFIX } from './access.ts'

/**
 * What Mosquitto's dynamic-security plugin starts with: the coordinator, who may drive it and say and hear everything of the home, and
 * nobody else. Its `plugin_opt_config_file` has to be there before the first start.
 * @param name what the coordinator's certificate calls it
 * @param homeAssistantPrefix below which it says what Home Assistant is to show
 */
export const firstBook = (name: string, homeAssistantPrefix = USUAL_PREFIX): object => {
  const rolename = `${name} of ${ROLE_PREFIX.trim()}`
  const both = ['publishClientSend', 'publishClientReceive', 'subscribePattern']
  return {
    defaultACLAccess: {
      publishClientSend: false,
      publishClientReceive: true,
      subscribe: false,
      unsubscribe: true,
    },
    clients: [{ username: name, roles: [{ rolename }] }],
    groups: [],
    roles: [
      {
        rolename,
        acls: ['$CONTROL/dynamic-security/#', 'ih/1/#', `${homeAssistantPrefix}/#`].flatMap((topic) =>
          both.map((acltype) => ({ acltype, topic, priority: 0, allow: true })),
        ),
      },
    ],
  }
}
