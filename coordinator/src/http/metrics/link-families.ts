import { linkUp } from '@infra-home/shared/messages/link.ts'
import type { Metric } from '@infra-home/shared/units.ts'
import { counter, type Family, gauge, type Sample, samplesOf } from './family.ts'
import { type MetricsScene, type Told, toldBy } from './scene.ts'

const LINK = ['node', 'link'] as const
const labels = ({ node, id }: Pick<Told<'link'>, 'node' | 'id'>): string[] => [node.name, id]

const number =
  (kind: 'link' | 'wifi', metric: Metric) =>
  (scene: MetricsScene): Sample[] =>
    samplesOf(toldBy(scene, kind), labels, ({ node, id }) => node.numbers[`${kind}/${id}`]?.values[metric])

/** Network interfaces: whether they carry anything, and what. */
export const LINK_FAMILIES: readonly Family[] = [
  gauge('link_up', 'Whether the link carries traffic.', LINK, (scene) =>
    samplesOf(toldBy(scene, 'link'), labels, ({ body }) => linkUp(body)),
  ),
  gauge('vlan_up', 'Whether the VLAN interface is up.', ['node', 'vlan'], (scene) =>
    samplesOf(toldBy(scene, 'vlan'), labels, ({ body }) => body.state === 'up'),
  ),
  counter(
    'link_carrier_changes_total',
    'How often the link lost its carrier or got it back.',
    LINK,
    (scene) => samplesOf(toldBy(scene, 'link'), labels, ({ body }) => body.carrierChanges),
  ),
  counter('link_receive_bytes_total', 'Bytes that came in by the link.', LINK, number('link', 'rxBytes')),
  counter('link_transmit_bytes_total', 'Bytes that went out by the link.', LINK, number('link', 'txBytes')),
  counter('link_receive_errors_total', 'Frames that came in broken.', LINK, number('link', 'rxErrors')),
  counter('link_transmit_errors_total', 'Frames that could not be sent.', LINK, number('link', 'txErrors')),
  gauge(
    'wifi_signal_dbm',
    'The signal of the access point, as a station of ours hears it.',
    LINK,
    number('wifi', 'signalDbm'),
  ),
]
