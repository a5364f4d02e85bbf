import type { WifiState } from '@infra-home/shared/messages/wifi.ts'

export type IwLink = WifiState & {
  readonly signalDbm: number | null
  readonly rxBitrateBps: number | null
  readonly txBitrateBps: number | null
}

/** The mode of an interface in `iw dev IFACE info`: managed, AP, monitor…; null when it does not say. */
export const parseIwMode = (text: string): string | null => /^\s*type (.+)$/m.exec(text)?.[1]?.trim() ?? null

/** Reads `iw dev IFACE link`: "Not connected." or "Connected to BSSID" and indented fields. */
export const parseIwLink = (text: string): IwLink => {
  const bssid = /^Connected to ([0-9a-f:]{17})/m.exec(text)?.[1] ?? null
  const field = (name: string): string | null =>
    new RegExp(`^\\s*${name}: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? null
  const number = (value: string | null, unit: RegExp): number | null => {
    const match = value === null ? null : unit.exec(value)
    return match ? Number(match[1]) : null
  }
  const bitrate = (name: string): number | null => {
    const mbit = number(field(name), /^([\d.]+) MBit\/s/)
    return mbit === null ? null : Math.round(mbit * 1_000_000)
  }
  return {
    associated: bssid !== null,
    ssid: field('SSID'),
    bssid,
    frequencyMhz: number(field('freq'), /^([\d.]+)/),
    signalDbm: number(field('signal'), /^(-?\d+) dBm/),
    rxBitrateBps: bitrate('rx bitrate'),
    txBitrateBps: bitrate('tx bitrate'),
  }
}
