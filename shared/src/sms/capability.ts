import { createHash } from 'node:crypto'

/** What a node's birth says when its owner lets the coordinator send short messages. */
export const SMS_ALLOWED = 'sms'

/** What a node's birth says of a modem by which it may and can send short messages. */
export const smsCapability = (modem: string): string => `${SMS_ALLOWED}/${modem}`

const NUMBER = 'sms-to/'

/** What it says of a number when its owner named the only ones that are written to. The number itself is nobody's business. */
export const smsNumberCapability = (number: string): string =>
  `${NUMBER}${createHash('sha256').update(number).digest('hex').slice(0, 8)}`

/** Whether a node that can do these things writes to a number. Pure. */
export const mayWriteTo = (capabilities: readonly string[], number: string): boolean =>
  !capabilities.some((one) => one.startsWith(NUMBER)) || capabilities.includes(smsNumberCapability(number))
