import type { HostState } from '@infra-home/shared/messages/host.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { inRange } from '@infra-home/shared/units.ts'
import { integerIn } from '../parse/json.ts'
import { parseLoadavg, parseMeminfo, parsePressure, parseThrottled } from '../parse/proc-host.ts'
import type { Sys } from '../sys/sys.ts'
import type { Collector } from './collector.ts'

/** Where the Raspberry Pi's firmware says what it thinks of its power supply. */
const THROTTLED = '/sys/devices/platform/soc/soc:firmware/get_throttled'
/** systemd-timesyncd makes this file when it has set the clock, and its folder when it runs. */
const TIMESYNC_FOLDER = '/run/systemd/timesync'

/** The machine: temperature, power, memory, pressure, disk, load, clock. Small files only, on every sample. */
export const host = (): Collector => ({
  name: 'host',
  pace: 'sample',
  wakesOn: [],
  async collect(sys) {
    const [body, numbers] = await Promise.all([stateOf(sys), numbersOf(sys)])
    return {
      states: [{ kind: 'host', id: 'host', body }],
      numbers: { 'host/host': numbers },
      whole: ['host'],
    }
  },
})

const stateOf = async (sys: Sys): Promise<HostState> => {
  const [kernel, throttled, timesync] = await Promise.all([
    sys.readText('/proc/sys/kernel/osrelease'),
    sys.readText(THROTTLED),
    sys.readDir(TIMESYNC_FOLDER),
  ])
  const power = throttled === null ? null : parseThrottled(throttled)
  return {
    kernel: kernel?.trim() ?? null,
    clockSynchronised: timesync.length === 0 ? null : timesync.includes('synchronized'),
    underVoltage: power?.underVoltage ?? null,
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
