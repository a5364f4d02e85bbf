/**
 * Names whose addresses every resolver knows, of five owners; none of these has changed in twenty years (internic.net/domain/named.root). All are as
 * long, and so are the questions for them.
 */
export const ROOT_SERVERS = [
  { name: 'a.root-servers.net', address: '198.41.0.4' },
  { name: 'c.root-servers.net', address: '192.33.4.12' },
  { name: 'f.root-servers.net', address: '192.5.5.241' },
  { name: 'k.root-servers.net', address: '193.0.14.129' },
  { name: 'm.root-servers.net', address: '202.12.27.33' },
] as const
