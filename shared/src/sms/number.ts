/** A telephone number in international form: a plus sign and at most fifteen digits, never beginning with zero (ITU-T E.164 §6). */
export const PHONE_NUMBER_PATTERN = '^\\+[1-9][0-9]{6,14}$'

const phoneNumber = new RegExp(PHONE_NUMBER_PATTERN)

export const isPhoneNumber = (text: string): boolean => phoneNumber.test(text)
