import type { DataSession, Registration } from '@infra-home/shared/messages/modem.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { parsePhoneService } from './dumpsys-telephony-service.ts'
import { NO_SIGNAL, parsePhoneSignal, type PhoneSignal } from './dumpsys-telephony-signal.ts'
import type { PhoneService } from './phone-service.ts'

/** What `dumpsys telephony.registry` tells of one SIM slot. */
export type PhoneRegistry = {
  readonly service: PhoneService
  /** Of the cell that serves it; all null while it is on no network: a cell for emergency calls is no signal of ours. */
  readonly signal: PhoneSignal
  readonly dataSession: DataSession
  /** Whether somebody switched mobile data off; null when not said. */
  readonly dataSwitchedOff: boolean | null
}

/**
 * Reads the block of a slot. Android writes mServiceState, mSignalStrength and mDataConnectionState in this order in every version
 * (AOSP, TelephonyRegistry.dump): a block that lacks one was cut off, and nothing of it is used.
 * @throws InfraError parse-failed
 */
export const parseTelephonyRegistry = (text: string, slot: number): PhoneRegistry => {
  const block = blockOf(text, slot)
  const service = lineOf(block, 'mServiceState', 0)
  const signal = service && lineOf(block, 'mSignalStrength', service.end)
  const data = signal && lineOf(block, 'mDataConnectionState', signal.end)
  if (!data) throw new InfraError('parse-failed', `what it says of slot ${slot} is cut off`)
  const known = parsePhoneService(service.value)
  return {
    service: known,
    signal: isServed(known.registration) ? parsePhoneSignal(signal.value, known.rat) : NO_SIGNAL,
    dataSession: SESSIONS.get(data.value) ?? 'unknown',
    dataSwitchedOff: switchedOff(block),
  }
}

type Line = { readonly value: string; readonly end: number }

/** The first whole line `name=value` after a place, and where it ends. */
const lineOf = (block: string, name: string, from: number): Line | null => {
  const line = new RegExp(`^[ \\t]*${name}=(.*)\\n`, 'gm')
  line.lastIndex = from
  const value = line.exec(block)?.[1]
  return value === undefined ? null : { value: value.trim(), end: line.lastIndex }
}

const blockOf = (text: string, slot: number): string => {
  const blocks = text.split(/^\s*Phone Id=(?=\d+\s*$)/m).slice(1)
  if (blocks.length === 0) throw new InfraError('parse-failed', 'no list of phones')
  const found = blocks.find((block) => Number.parseInt(block, 10) === slot)
  if (found !== undefined) return found
  throw new InfraError('parse-failed', `the phone has ${blocks.length} slots, and none of them is ${slot}`)
}

const isServed = (registration: Registration): boolean =>
  registration === 'home' || registration === 'roaming' || registration === 'unknown'

/** TelephonyManager.DATA_*: −1 before it is known, 3 suspended (by a call, mostly), 4 disconnecting. */
const SESSIONS: ReadonlyMap<string, DataSession> = new Map<string, DataSession>([
  ['0', 'disconnected'],
  ['1', 'connecting'],
  ['2', 'connected'],
  ['3', 'disconnected'],
  ['4', 'disconnected'],
])

const switchedOff = (block: string): boolean | null => {
  const on = lineOf(block, 'mUserMobileDataState', 0)?.value
  return on === 'true' || on === 'false' ? on === 'false' : null
}
