import type { Metric } from '@infra-home/shared/units.ts'
import type { ModemView } from '../views/modems.ts'
import { toldBy } from './scene.ts'
import { counter, type Family, gauge, samplesOf } from './family.ts'

const MODEM = ['node', 'modem'] as const
const labels = ({ node, id }: ModemView): string[] => [node, id]

const number = (make: typeof gauge, name: string, help: string, metric: keyof ModemView & Metric): Family =>
  make(`modem_${name}`, help, MODEM, ({ modems }) => samplesOf(modems, labels, (modem) => modem[metric]))

/** Modems whose last reading is young enough to be believed. */
export const MODEM_FAMILIES: readonly Family[] = [
  number(gauge, 'rsrp_dbm', 'Reference signal received power.', 'rsrpDbm'),
  number(gauge, 'rsrq_db', 'Reference signal received quality.', 'rsrqDb'),
  number(gauge, 'sinr_db', 'Signal to interference and noise.', 'sinrDb'),
  number(gauge, 'rssi_dbm', 'Received signal strength.', 'rssiDbm'),
  gauge('modem_registered', 'Whether the modem is registered, at home or roaming.', MODEM, ({ modems }) =>
    samplesOf(modems, labels, ({ registration }) =>
      registration === 'unknown' ? null : registration === 'home' || registration === 'roaming',
    ),
  ),
  gauge(
    'modem_info',
    'What the modem says of itself; its state is the worst of it.',
    [...MODEM, 'driver', 'state', 'rat', 'operator', 'band', 'cell'],
    ({ modems }) =>
      samplesOf(
        modems,
        (modem) => [
          ...labels(modem),
          modem.driver,
          modem.state,
          ...[modem.rat, modem.operator, modem.band, modem.cellId].map((word) => word ?? ''),
        ],
        () => 1,
      ),
  ),
  counter(
    'modem_stray_values_total',
    'Values that the modem said and that cannot be true, since its agent started.',
    MODEM,
    (scene) =>
      samplesOf(
        toldBy(scene, 'modem'),
        ({ node, id }) => [node.name, id],
        ({ node, id }) => node.numbers[`modem/${id}`]?.values.strayValues,
      ),
  ),
  number(counter, 'receive_bytes_total', 'Bytes that the modem counted in.', 'rxBytes'),
  number(counter, 'transmit_bytes_total', 'Bytes that the modem counted out.', 'txBytes'),
  number(gauge, 'month_receive_bytes', 'Bytes that the modem counted in this month.', 'monthRxBytes'),
  number(gauge, 'month_transmit_bytes', 'Bytes that the modem counted out this month.', 'monthTxBytes'),
]
