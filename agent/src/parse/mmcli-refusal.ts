import type { ErrorCode } from '@infra-home/shared/errors.ts'

export type MmRefusal = {
  readonly code: Extract<ErrorCode, 'modem-refused' | 'modem-unreachable' | 'modem-auth'>
  /** For people. */
  readonly why: string
}

/**
 * What mmcli's last words mean, as in
 * `error: couldn't reset the modem: 'GDBus.Error:org.freedesktop.ModemManager1.Error.Core.Unsupported: Cannot reset the modem: operation not supported'`.
 */
export const parseMmRefusal = (message: string): MmRefusal => {
  const [, name = ''] = ON_THE_BUS.exec(message) ?? []
  const why = message.replace(/^.*?error: /, '').replace(ON_THE_BUS, '$2')
  if (name.endsWith('.Unauthorized') || /PolicyKit|not authorized/i.test(message))
    return { code: 'modem-auth', why: `ModemManager does not allow it: ${why}` }
  if (ABSENT.test(message)) return { code: 'modem-unreachable', why }
  return { code: 'modem-refused', why }
}

const ON_THE_BUS = /'GDBus\.Error:([\w.]+): (.*?)'?$/

/** No mmcli, no bus, no ModemManager, no such modem. */
const ABSENT =
  /is not installed|couldn't get bus|couldn't find (the ModemManager process|modem)|ServiceUnknown|NoReply/
