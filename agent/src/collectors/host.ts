import { elapsed, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { HostState } from '@infra-home/shared/messages/host.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { inRange } from '@infra-home/shared/units.ts'
import { integerIn } from '../parse/json.ts'
import { parseLoadavg, parseMeminfo, parsePressure, parseThrottled } from '../parse/proc-host.ts'
import { parseClockSynchronised } from '../parse/timedatectl.ts'
import type { Sys } from '../sys/sys.ts'
import type { Collector } from './collector.ts'

/** Where the Raspberry Pi's firmware says what it thinks of its power supply. */
const THROTTLED = '/sys/devices/platform/soc/soc:firmware/get_throttled'
const HWMON = '/sys/class/hwmon'
/** systemd-timesyncd makes a file in it when it has set the clock. */
const TIMESYNC_FOLDER = '/run/systemd/timesync'

/** timedatectl is a child; what it says changes seldom. */
const SELDOM = minutes(5)

/** The machine: temperature, power, memory, pressure, disk, load, clock. Small files only, on every sample. */
export const host = (): Collector => {
  const seldom: Seldom = { clock: remembered(askTimedatectl), alarm: remembered(findSupplyAlarm) }
  return {
    name: 'host',
    pace: 'sample',
    wakesOn: [],
    async collect(sys) {
      const [body, numbers] = await Promise.all([stateOf(sys, seldom), numbersOf(sys)])
      return {
        states: [{ kind: 'host', id: 'host', body }],
        numbers: { 'host/host': numbers },
        whole: ['host'],
      }
    },
  }
}

type Ask<T> = (sys: Sys) => Promise<T>
type Seldom = { readonly clock: Ask<boolean | null>; readonly alarm: Ask<string | null> }

/** Asks, and keeps the answer for a while. */
const remembered = <T>(ask: Ask<T>): Ask<T> => {
  let kept: { readonly at: MonoMs; readonly answer: T } | null = null
  return async (sys) => {
    const { mono } = sys.clock.now()
    if (!kept || elapsed(kept.at, mono) >= SELDOM) kept = { at: mono, answer: await ask(sys) }
    return kept.answer
  }
}

/** For machines whose clock another program sets (chrony), or none has set yet. */
const askTimedatectl: Ask<boolean | null> = async (sys) => {
  try {
    return parseClockSynchronised(await sys.exec('timedatectl', ['show', '--property=NTPSynchronized']))
  } catch (error) {
    if (isInfraError(error)) return null // no systemd here
    throw error
  }
}

/** The under-voltage alarm of the mainline kernel's driver raspberrypi-hwmon; null where there is none. */
const findSupplyAlarm: Ask<string | null> = async (sys) => {
  for (const name of await sys.readDir(HWMON))
    if ((await sys.readText(`${HWMON}/${name}/name`))?.trim() === 'rpi_volt')
      return `${HWMON}/${name}/in0_lcrit_alarm`
  return null
}

/** Whether the supply is too weak now, where the firmware is only heard through the alarm. */
const readAlarm = async (sys: Sys, path: string | null): Promise<boolean | null> => {
  const alarm = path === null ? null : integerIn(await sys.readText(path))
  return alarm === null ? null : alarm !== 0
}

const stateOf = async (sys: Sys, seldom: Seldom): Promise<HostState> => {
  const [kernel, throttled, timesync] = await Promise.all([
    sys.readText('/proc/sys/kernel/osrelease'),
    sys.readText(THROTTLED),
    sys.readDir(TIMESYNC_FOLDER),
  ])
  const power = throttled === null ? null : parseThrottled(throttled)
  return {
    kernel: kernel?.trim() ?? null,
    clockSynchronised: timesync.includes('synchronized') || (await seldom.clock(sys)),
    underVoltage: power?.underVoltage ?? (await readAlarm(sys, await seldom.alarm(sys))),
    throttled: power?.throttled ?? null,
    underVoltageSinceBoot: power?.underVoltageSinceBoot ?? null,
    throttledSinceBoot: power?.throttledSinceBoot ?? null,
  }
}

const numbersOf = async (sys: Sys): Promise<Numbers> => {
  const read = (path: string): Promise<string | null> => sys.readText(path)
  const [meminfo, loadavg, cpu, memory, io, thermal, space] = await Promise.all([
    read('/proc/meminfo'),
    read('/proc/loadavg'),
    read('/proc/pressure/cpu'),
    read('/proc/pressure/memory'),
    read('/proc/pressure/io'),
    read('/sys/class/thermal/thermal_zone0/temp'),
    sys.diskSpace('/'),
  ])
  const { totalBytes, availableBytes } = parseMeminfo(meminfo ?? '')
  const millidegrees = integerIn(thermal)
  return {
    temperatureC: inRange('temperatureC', millidegrees === null ? null : Math.round(millidegrees / 100) / 10),
    memoryTotalBytes: totalBytes,
    memoryAvailableBytes: availableBytes,
    diskTotalBytes: space?.totalBytes ?? null,
    diskAvailableBytes: space?.availableBytes ?? null,
    load1: parseLoadavg(loadavg ?? ''),
    cpuPressurePercent: parsePressure(cpu ?? ''),
    memoryPressurePercent: parsePressure(memory ?? ''),
    ioPressurePercent: parsePressure(io ?? ''),
    uptimeSeconds: Math.round(sys.clock.now().mono / 1000),
  }
}
