import { hours } from '@infra-home/shared/clock.ts'
import type { House } from './house.ts'
import { cableOfServer, lose4G, regain4G, supply, vlan20 } from './mishaps.ts'
import { play, type Turn } from './play.ts'
import type { Note } from './story.ts'

/** What happens, by the time of the day. A table of the home follows where nothing is done. */
const DAY: readonly Turn[] = [
  ['00:05', 'all is green'],
  ['01:00', 'the cable of rpi4-2 is pulled', (house) => cableOfServer(house, false)],
  ['01:03', 'and plugged', (house) => cableOfServer(house, true)],
  ['01:30', 'pulled again, for ten seconds', (house) => cableOfServer(house, false)],
  ['01:30:10', 'and plugged', (house) => cableOfServer(house, true)],
  ['02:00', 'VLAN 20 is lost on the router', (house) => vlan20(house, false)],
  ['02:05', 'meanwhile'],
  ['02:10', 'and back', (house) => vlan20(house, true)],
  ['03:00', '4G fades, but carries data', (house) => house.modem.setRadio({ rsrpDbm: -123, sinrDb: -7 })],
  ['03:10', 'no more data passes', (house) => void (house.traffic = 'stands')],
  ['03:12', 'the signal is gone', lose4G],
  ['03:20', 'and back', regain4G],
  ['03:40', 'gone for eight seconds', lose4G],
  ['03:40:08', 'and back', regain4G],
  ['04:00', 'the modem hangs', (house) => house.modem.hang(true)],
  ['04:10', 'and answers', (house) => house.modem.hang(false)],
  ['04:30', 'it answers web pages', (house) => house.modem.setAnswers('html')],
  ['04:36', 'it answers halves', (house) => house.modem.setAnswers('half')],
  ['04:42', 'and wholes', (house) => house.modem.setAnswers('whole')],
  ['06:00', 'the coordinator is stopped', (house) => house.seat.stop()],
  ['06:10', 'the cable of rpi4-2 is pulled', (house) => cableOfServer(house, false)],
  ['06:10:20', 'and plugged', (house) => cableOfServer(house, true)],
  ['06:20', 'VLAN 20 is lost', (house) => vlan20(house, false)],
  ['06:25', 'and back', (house) => vlan20(house, true)],
  [
    '06:30',
    'the 4G signal is gone, and with it the way to people',
    (house) => {
      lose4G(house)
      house.seat.channel = 'down'
    },
  ],
  ['06:50', 'the supply of rpi3a-ctl is weak', (house) => supply(house, 'rpi3a-ctl', true)],
  ['06:55', 'and strong', (house) => supply(house, 'rpi3a-ctl', false)],
  ['07:00', 'the coordinator is started', (house) => house.seat.start()],
  ['07:10:15', '4G is back', regain4G],
  ['07:12', 'and the way to people', (house) => void (house.seat.channel = 'up')],
  ['08:00', 'the coordinator is killed', (house) => house.seat.kill()],
  ['08:00:30', 'and started', (house) => house.seat.start()],
  [
    '08:30',
    'the router loses its power, and the coordinator on it',
    (house) => {
      house.seat.kill()
      house.device('rpi4-1').kill()
    },
  ],
  [
    '08:31',
    'it boots',
    (house) => {
      house.device('rpi4-1').reboot()
      house.seat.reboot()
      house.seat.start()
      house.device('rpi4-1').start()
    },
  ],
  ['10:00', 'the broker is restarted', (house) => house.broker.down({ keepsRetained: true })],
  ['10:00:03', 'and runs', (house) => house.broker.up()],
  [
    '10:30',
    'the broker is gone, and with it all that it kept',
    (house) => house.broker.down({ keepsRetained: false }),
  ],
  ['10:31', 'VLAN 20 is lost', (house) => vlan20(house, false)],
  ['10:33', 'the broker runs', (house) => house.broker.up()],
  ['10:40', 'VLAN 20 is back', (house) => vlan20(house, true)],
  [
    '11:00',
    'phone-1 says that it goes to sleep, phone-2 just does',
    (house) => {
      house.device('phone-1').stop()
      house.device('phone-2').suspend(true)
    },
  ],
  ['12:00', 'meanwhile'],
  [
    '13:00',
    'both wake',
    (house) => {
      house.device('phone-1').start()
      house.device('phone-2').suspend(false)
    },
  ],
  [
    '14:00',
    'the clock of rpi4-2 jumps a day ahead',
    (house) => house.device('rpi4-2').time.stepWall(hours(24)),
  ],
  ['14:20', 'the supply of rpi4-2 is weak', (house) => supply(house, 'rpi4-2', true)],
  ['14:21', 'and strong', (house) => supply(house, 'rpi4-2', false)],
  ['14:30', 'its clock jumps back', (house) => house.device('rpi4-2').time.stepWall(hours(-24))],
  [
    '15:00',
    'the clock of the router and the coordinator jumps a day ahead',
    (house) => house.device('rpi4-1').time.stepWall(hours(24)),
  ],
  ['15:10', 'the supply of rpi4-2 is weak', (house) => supply(house, 'rpi4-2', true)],
  ['15:11', 'and strong', (house) => supply(house, 'rpi4-2', false)],
  ['15:30', 'and back', (house) => house.device('rpi4-1').time.stepWall(hours(-24))],
  ['16:00', 'rpi3a-ctl loses its Wi-Fi', (house) => house.device('rpi3a-ctl').cut(true)],
  ['16:02', 'its supply is weak', (house) => supply(house, 'rpi3a-ctl', true)],
  ['16:05', 'and then nothing at all', (house) => house.device('rpi3a-ctl').kill()],
  [
    '16:10',
    'it boots, still without Wi-Fi',
    (house) => {
      supply(house, 'rpi3a-ctl', false)
      house.device('rpi3a-ctl').reboot()
      house.device('rpi3a-ctl').start()
    },
  ],
  ['16:12', 'the Wi-Fi is back', (house) => house.device('rpi3a-ctl').cut(false)],
  ['17:00', 'the disk of rpi4-2 is full', (house) => house.device('rpi4-2').disk.limit(0)],
  ['17:10', 'its supply is weak', (house) => supply(house, 'rpi4-2', true)],
  ['17:20', 'its cable is pulled', (house) => cableOfServer(house, false)],
  ['17:25', 'its supply is strong', (house) => supply(house, 'rpi4-2', false)],
  ['17:40', 'its cable is plugged', (house) => cableOfServer(house, true)],
  ['18:00', 'its disk has room', (house) => house.device('rpi4-2').disk.limit(null)],
  [
    '20:00',
    'the agent of phone-3 is killed and started',
    (house) => {
      house.device('phone-3').kill()
      house.device('phone-3').start()
    },
  ],
  ['23:59', 'all is green'],
]

/** Plays the day, and returns what was done when. */
export const playDay = (house: House): Promise<Note[]> => play(house, DAY, { from: '00:00', to: '24:00' })
