import { firstChannelOf } from '../../alerts/contact.ts'
import { lastTried } from '../../world/delivery.ts'
import { counter, type Family, gauge, only, samplesOf } from './family.ts'
import type { MetricsScene } from './scene.ts'

const alertsOf = ({ context }: MetricsScene) => Object.values(context.world.alerts)
const stateOf = (stage: string): 'pending' | 'firing' => (stage === 'pending' ? 'pending' : 'firing')

/** The channel of each message that waits: the one that was tried last, or by which its contact is told first. */
const waitingFor = ({ context }: MetricsScene): (string | null)[] =>
  Object.values(context.world.deliveries)
    .filter(({ status }) => status === 'due' || status === 'sending')
    .map((delivery) => lastTried(delivery) ?? firstChannelOf(delivery.contact, context.contacts))

/** What is wrong, and whether people were told. */
export const ALERT_FAMILIES: readonly Family[] = [
  gauge('alerts', 'Alerts by state and severity.', ['state', 'severity'], (scene) =>
    samplesOf(
      Map.groupBy(alertsOf(scene), ({ stage, severity }) => `${stateOf(stage)} ${severity}`),
      ([key]) => key.split(' '),
      ([, list]) => list.length,
    ),
  ),
  gauge('alert_firing', 'An alert that is on.', ['code', 'node', 'subject', 'severity'], (scene) =>
    samplesOf(
      alertsOf(scene).filter(({ stage }) => stateOf(stage) === 'firing'),
      ({ code, node, subject, severity }) => [code, node, subject, severity],
      () => 1,
    ),
  ),
  gauge('alert_silences', 'Silences that are kept.', [], ({ context }) =>
    only(Object.keys(context.world.silences).length),
  ),
  gauge(
    'deliveries_waiting',
    'Messages that no channel has taken yet, by the one that they wait for.',
    ['channel'],
    (scene) => {
      const waiting = waitingFor(scene)
      return samplesOf(
        scene.context.channels,
        (channel) => [channel],
        (channel) => waiting.filter((one) => one === channel).length,
      )
    },
  ),
  counter(
    'deliveries_total',
    'Attempts to tell a channel, by result.',
    ['channel', 'result'],
    ({ context }) =>
      samplesOf(
        Object.entries(context.counters.read('deliveries')),
        ([key]) => key.split(' '),
        ([, count]) => count,
      ),
  ),
]
