import type { HttpContext } from '../context.ts'
import { ALERT_FAMILIES } from '../metrics/alert-families.ts'
import { type Family, familyText } from '../metrics/family.ts'
import { LINK_FAMILIES } from '../metrics/link-families.ts'
import { MODEM_FAMILIES } from '../metrics/modem-families.ts'
import { NODE_FAMILIES } from '../metrics/node-families.ts'
import { OWN_FAMILIES } from '../metrics/own-families.ts'
import { metricsScene } from '../metrics/scene.ts'
import { WAN_FAMILIES } from '../metrics/wan-families.ts'

/** Everything that /metrics can say; docs/metrics.md lists it. */
export const FAMILIES: readonly Family[] = [
  ...NODE_FAMILIES,
  ...LINK_FAMILIES,
  ...MODEM_FAMILIES,
  ...WAN_FAMILIES,
  ...ALERT_FAMILIES,
  ...OWN_FAMILIES,
]

/** The Prometheus text format (0.0.4). What is unknown or stale is absent. */
export const metricsText = async (context: HttpContext): Promise<string> => {
  const scene = await metricsScene(context)
  return FAMILIES.map((family) => familyText(family, scene)).join('')
}
