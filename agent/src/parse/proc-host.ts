/** Bytes of /proc/meminfo; null where the kernel does not say. */
export const parseMeminfo = (
  text: string,
): { readonly totalBytes: number | null; readonly availableBytes: number | null } => {
  const kilobytes = (name: string): number | null => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
    return match ? Number(match[1]) * 1024 : null
  }
  return { totalBytes: kilobytes('MemTotal'), availableBytes: kilobytes('MemAvailable') }
}

/** The load of the last minute. */
export const parseLoadavg = (text: string): number | null => {
  const match = /^(\d+\.\d+) /.exec(text)
  return match ? Number(match[1]) : null
}

/** Per cent of the last 10 s in which some task waited (/proc/pressure/*, "some avg10"). */
export const parsePressure = (text: string): number | null => {
  const match = /^some avg10=(\d+(?:\.\d+)?) /m.exec(text)
  return match ? Number(match[1]) : null
}

export type Throttled = {
  readonly underVoltage: boolean
  readonly throttled: boolean
  readonly underVoltageSinceBoot: boolean
  readonly throttledSinceBoot: boolean
}

/**
 * Reads the Raspberry Pi's get_throttled, hexadecimal: bit 0 under-voltage, 2 throttled now; 16 and 18 the same since
 * boot (raspberrypi.com/documentation, vcgencmd get_throttled).
 */
export const parseThrottled = (text: string): Throttled | null => {
  const match = /^(?:throttled=)?(?:0x)?([0-9a-f]{1,8})$/i.exec(text.trim())
  if (!match?.[1]) return null
  const bits = Number.parseInt(match[1], 16)
  const bit = (n: number): boolean => (bits & (1 << n)) !== 0
  return {
    underVoltage: bit(0),
    throttled: bit(2),
    underVoltageSinceBoot: bit(16),
    throttledSinceBoot: bit(18),
  }
}

/** Memory of a process from its smaps_rollup, bytes. */
export const parseSmapsRollup = (
  text: string,
): { readonly rssBytes: number | null; readonly anonBytes: number | null } => {
  const kilobytes = (name: string): number | null => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
    return match ? Number(match[1]) * 1024 : null
  }
  return { rssBytes: kilobytes('Rss'), anonBytes: kilobytes('Pss_Anon') }
}

/** Processor time of a process and its reaped children from /proc/PID/stat, in clock ticks (100 a second). */
export const parseCpuTicks = (text: string): number | null => {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const ticks = fields.slice(11, 15)
  return ticks.length === 4 && ticks.every(Number.isFinite) ? ticks.reduce((a, b) => a + b, 0) : null
}
