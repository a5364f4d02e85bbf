import { type Access, type Acl, ROLE_PREFIX, roleOf } from './access.ts'

/** What the plugin says that it has: listRoles and listClients, verbose. */
export type Listing = {
  readonly roles: readonly { readonly rolename: string; readonly acls?: readonly Acl[] }[]
  readonly clients: readonly {
    readonly username: string
    readonly disabled?: boolean
    readonly roles?: readonly { readonly rolename: string }[]
  }[]
}

export type Command = { readonly command: string; readonly [field: string]: unknown }

/**
 * The commands that turn what the plugin has into what is wanted; none when that is so already. Clients that are to go, go first.
 * Roles and clients of others stay as they are. Pure.
 */
export const commandsFor = (listing: Listing, wanted: Access): Command[] => {
  const roles = new Map(listing.roles.map((role) => [role.rolename, role.acls ?? []]))
  const clients = new Map(listing.clients.map((client) => [client.username, client]))
  const ours = [...roles.keys()].filter((name) => name.startsWith(ROLE_PREFIX))
  const gone = ours.map((role) => role.slice(ROLE_PREFIX.length)).filter((name) => !wanted.has(name))
  return [
    ...gone.flatMap((name) => (clients.has(name) ? [{ command: 'deleteClient', username: name }] : [])),
    ...gone.map((name) => ({ command: 'deleteRole', rolename: roleOf(name) })),
    ...[...wanted].flatMap(([name, acls]) => [
      ...roleCommands(roleOf(name), acls, roles.get(roleOf(name))),
      ...clientCommands(name, clients.get(name)),
    ]),
  ]
}

const roleCommands = (rolename: string, acls: readonly Acl[], has: readonly Acl[] | undefined): Command[] => {
  if (has === undefined) return [{ command: 'createRole', rolename, acls }]
  return sameAcls(has, acls) ? [] : [{ command: 'modifyRole', rolename, acls }]
}

const clientCommands = (username: string, client: Listing['clients'][number] | undefined): Command[] => {
  const roles = [{ rolename: roleOf(username) }]
  if (!client) return [{ command: 'createClient', username, roles }]
  const right = client.roles?.length === 1 && client.roles[0]?.rolename === roleOf(username)
  return [
    ...(right ? [] : [{ command: 'modifyClient', username, roles }]),
    ...(client.disabled ? [{ command: 'enableClient', username }] : []),
  ]
}

const sameAcls = (a: readonly Acl[], b: readonly Acl[]): boolean => {
  const text = (acls: readonly Acl[]): string =>
    acls
      .map(({ acltype, topic, allow }) => `${acltype} ${topic} ${allow}`)
      .sort()
      .join('\n')
  return text(a) === text(b)
}
