// Runs inside a network namespace that the test made, a router's: a second without a line under everything that users do, in real time. Prints
// one JSON line for each mix and place.
import { bothUp, makeHousehold } from '../lab/household.ts'
import { MIXES, withUsers } from '../lab/mixes.ts'
import { OUTAGES } from '../lab/outage.ts'
import { duringOutage, still } from '../lab/stillness.ts'
import { wireUplinks } from '../lab/uplinks.ts'
import { startWorld } from '../lab/world.ts'

const [house = '', gateway1 = '', gateway2 = '', internet = ''] = process.argv.slice(2)
const lines = await wireUplinks({ house, gateways: [gateway1, gateway2], internet }, { line: {} })
await startWorld({ gateways: [gateway1, gateway2], internet })
const home = makeHousehold()
home.startCoordinator()
home.startAgent()
await home.isSo(
  'out by the primary, decided by the coordinator',
  (now) => now.active === 'mifi' && now.holder === 'coordinator' && bothUp(now),
)
for (const mix of Object.keys(MIXES) as (keyof typeof MIXES)[])
  for (const place of Object.keys(OUTAGES) as (keyof typeof OUTAGES)[])
    await still(home, `a second ${place}, ${mix}`, () =>
      withUsers({ house, lines }, mix, () => duringOutage(gateway1, place)),
    )
lines.stop()
process.exit(0)
