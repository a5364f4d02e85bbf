/** What a node's birth says of a modem by which it may and can send short messages. */
export const smsCapability = (modem: string): string => `sms/${modem}`
