import type { WishedUplink } from '../messages/wan.ts'

/**
 * Whether data is what a modem is there for: an uplink goes by it, or one that goes by a modem does not say by which. Pure.
 * @param id the modem's
 */
export const isForData = (id: string, uplinks: readonly Pick<WishedUplink, 'kind' | 'modem'>[]): boolean =>
  uplinks.some(({ kind, modem }) =>
    modem === null ? kind === 'wifi-4g' || kind === 'usb-modem' : modem === id,
  )
