import { hear, started } from './processes.ts'

/** What a gateway's shell does to have nothing pass: behind it while it goes on answering, or it is silent itself. */
export const OUTAGES = {
  'behind the gateway': ['echo 0 > /proc/sys/net/ipv4/ip_forward', 'echo 1 > /proc/sys/net/ipv4/ip_forward'],
  'at the gateway': [
    `nft 'add table ip fault; add chain ip fault i { type filter hook prerouting priority -300; policy drop; }'`,
    `nft 'delete table ip fault'`,
  ],
} as const

export type Place = keyof typeof OUTAGES

/** Has nothing pass for a second; resolves with by how many milliseconds it lasted for longer. @throws when it was none */
export const outageOfASecond = async (gateway: string, place: Place): Promise<number> => {
  const [begin, end] = OUTAGES[place]
  const shell = started('ip', [
    'netns',
    'exec',
    gateway,
    'sh',
    '-c',
    `a=$(date +%s%N); ${begin}; perl -e 'select undef, undef, undef, 0.96'; ${end}; b=$(date +%s%N); echo $(( (b-a)/1000000 ))`,
  ])
  const ms = Number(await hear(shell).last)
  if (!(ms >= 900)) throw new Error(`no outage of a second, but of ${ms} ms`)
  return Math.max(0, ms - 1000)
}
