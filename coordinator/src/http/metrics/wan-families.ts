import { PATH_STATES } from '@infra-home/shared/messages/path.ts'
import { counter, type Family, gauge, only, samplesOf } from './family.ts'
import type { MetricsScene } from './scene.ts'

const UPLINK = ['uplink'] as const
type UplinkView = MetricsScene['wan']['uplinks'][number]
const named = ({ id }: UplinkView): string[] => [id]

const ofUplink = (
  name: string,
  help: string,
  value: (uplink: UplinkView) => number | boolean | null,
): Family => gauge(`uplink_${name}`, help, UPLINK, ({ wan }) => samplesOf(wan.uplinks, named, value))

/** The way out of the house. */
export const WAN_FAMILIES: readonly Family[] = [
  gauge(
    'uplink_state',
    'What the uplink is good for: 1 for the state that it is in.',
    ['uplink', 'state'],
    ({ wan }) =>
      wan.uplinks.flatMap(({ id, state: is }) =>
        PATH_STATES.map((state) => ({ labels: [id, state], value: state === is ? 1 : 0 })),
      ),
  ),
  gauge('uplink_active', 'Whether traffic goes out by it.', UPLINK, ({ wan }) =>
    samplesOf(wan.uplinks, named, ({ id }) => id === wan.active),
  ),
  ofUplink('metered', 'Whether what it carries is paid for.', ({ metered }) => metered),
  ofUplink('latency_seconds', 'How long an answer takes.', ({ latencyMs }) => latencyMs && latencyMs / 1000),
  ofUplink(
    'loss_ratio',
    'Which part of the questions stays without an answer.',
    ({ lossRatio }) => lossRatio,
  ),
  ofUplink('used_bytes', 'What was used of the plan in this billing month.', ({ usedBytes }) => usedBytes),
  ofUplink('cap_bytes', 'What the plan allows in a billing month.', ({ capBytes }) => capBytes),
  gauge('uplink_left_bytes', 'What is left of the plan in this billing month.', UPLINK, ({ usage }) =>
    samplesOf(
      usage,
      ({ uplink }) => [uplink],
      ({ leftBytes }) => leftBytes,
    ),
  ),
  gauge(
    'uplink_month_bytes',
    'What the uplink carried in its billing month, as the router counted it.',
    ['uplink', 'network'],
    ({ usage }) =>
      usage.flatMap(({ uplink, networks }) =>
        networks.map(({ id, bytes }) => ({ labels: [uplink, id], value: bytes })),
      ),
  ),
  gauge('wan_held', 'Whether somebody keeps traffic where it is.', [], ({ wan }) =>
    only(wan.router === null ? null : Number(wan.hold !== null)),
  ),
  gauge('wan_fault', 'Whether the router’s kernel has not what it should have.', [], ({ wan }) =>
    only(wan.router === null ? null : Number(wan.fault !== null)),
  ),
  counter('wan_switches_total', 'Moves of traffic, by reason.', ['reason'], ({ context }) =>
    samplesOf(
      Object.entries(context.world.wan.switches),
      ([reason]) => [reason],
      ([, count]) => count,
    ),
  ),
]
