/** Where an agent keeps its state when nobody says where. */
export const defaultStateDir = (isRoot: boolean): string =>
  isRoot ? '/var/lib/infra-home/agent' : 'infra-home-agent'
