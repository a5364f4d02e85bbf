// What a node's new session means to the coordinator: everything of before is history.
import t from 'tap'
import { seconds } from '@infra-home/shared/clock.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { LINK, voice, type Voice } from '../helpers/said.ts'
import { type SmallHouse, smallHouse } from '../helpers/small-house.ts'

/** A node that ran for long, and runs anew after a boot: its clock has just begun. */
const reborn = (): { house: SmallHouse; before: Voice; after: Voice } => {
  const house = smallHouse()
  const { wall } = house.clock.now()
  const before = voice('rpi4-2', fakeClock(wall, 900_000_000), { session: 1, boot: 'first' })
  const after = voice('rpi4-2', fakeClock(wall, 20_000), { session: 2, boot: 'second' })
  return { house, before, after }
}

const nodeOf = ({ world }: SmallHouse) => {
  const node = world.nodes['rpi4-2']
  if (!node) throw new Error('nobody has heard of rpi4-2')
  return node
}

const bear = (house: SmallHouse, self: Voice, states: string[], connection = 1): void => {
  house.hear(self.presence('ready', connection))
  house.hear(self.birth(undefined, states))
}

t.test(
  'a birth after a boot is believed, though its clock is younger than that of the last birth',
  async (t) => {
    const { house, before, after } = reborn()
    bear(house, before, ['link/eth0', 'link/usb0'])
    house.hear(before.state('link', 'usb0', LINK))
    bear(house, after, ['link/eth0'])
    t.same(house.rejected, [])
    t.same(nodeOf(house).birth?.states, ['link/eth0'])
    t.same(Object.keys(nodeOf(house).states), [], 'what the new birth does not name is gone')
  },
)

t.test('a last will of the first connection after many is believed in a new session', async (t) => {
  const { house, before, after } = reborn()
  bear(house, before, [], 14)
  house.hear(after.tm({ 'host/host': { load1: 0.1 } }))
  house.hear(after.presence('lost', 1))
  t.equal(nodeOf(house).presence, 'lost')
})

t.test('a state of a thing that went while its node was off does not come back', async (t) => {
  const { house, before, after } = reborn()
  const usb = before.state('link', 'usb0', LINK)
  bear(house, before, ['link/usb0'])
  house.hear(usb)
  bear(house, after, [])
  house.hear(usb, { retained: true })
  t.match(house.rejected, [{ reason: 'old-session' }], 'when a broker has kept it')
  const kept = before.state('link', 'usb1', LINK)
  house.hear(
    after.birth([
      { session: 1, from: 2 },
      { session: 2, from: 1 },
    ]),
  )
  house.hear(kept)
  t.equal(house.journal.at(-1)?.kind, 'message', 'what the node had not told yet is on record')
  t.same(Object.keys(nodeOf(house).states), [], 'and changes nothing')
  for (let half = 0; half < 2; half++) {
    await house.clock.advance(seconds(30))
    house.hear(after.tm({ 'host/host': { load1: 0.1 } }))
  }
  t.same(house.world.alerts, {})
})

t.test('a node that was revoked and given a key again is back with its birth', async (t) => {
  const house = smallHouse()
  const node = voice('rpi4-2', house.clock)
  house.hear(node.presence('ready'))
  house.hear(node.birth())
  house.mind.take({ kind: 'request', body: { request: 'revoke-node', node: 'rpi4-2', by: 'administrator' } })
  t.equal(house.world.nodes['rpi4-2']?.presence, 'revoked')
  const again = voice('rpi4-2', house.clock, { session: 2 })
  house.hear(again.presence('ready'))
  house.hear(again.birth([{ session: 2, from: 1 }]))
  t.equal(house.world.nodes['rpi4-2']?.presence, 'online')
})
