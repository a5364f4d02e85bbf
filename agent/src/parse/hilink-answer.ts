import { parseFlatXml } from './flat-xml.ts'

export type HilinkFields = ReadonlyMap<string, string>

/** What a HiLink device said: fields (and the document, for what is nested in it), an error code, or something that is no answer of its API. */
export type HilinkAnswer =
  | { readonly kind: 'fields'; readonly fields: HilinkFields; readonly body: string }
  | { readonly kind: 'refused'; readonly code: number }
  | { readonly kind: 'garbled'; readonly why: string }

/** Error codes of the HiLink API (Salamek/huawei-lte-api: huawei_lte_api/enums/client.py, enums/user.py). */
export const HILINK_CODE = {
  notSupported: 100_002,
  noRights: 100_003,
  busy: 100_004,
  unknownUser: 108_001,
  wrongPassword: 108_002,
  alreadyLoggedIn: 108_003,
  wrongUserOrPassword: 108_006,
  tooManyTries: 108_007,
  mustChangePassword: 115_002,
  wrongToken: 125_001,
  wrongSession: 125_002,
  wrongSessionToken: 125_003,
} as const

/** Reads one answer of the API: `<response>…</response>` or `<error><code>…</code></error>`; never throws. */
export const parseHilinkAnswer = (body: string): HilinkAnswer => {
  const xml = parseFlatXml(body)
  if (xml.kind === 'html') return { kind: 'garbled', why: 'a web page instead of an answer' }
  if (xml.kind === 'broken') return { kind: 'garbled', why: xml.why }
  if (xml.root === 'response') return { kind: 'fields', fields: xml.fields, body }
  if (xml.root !== 'error')
    return { kind: 'garbled', why: `<${xml.root.slice(0, 40)}> instead of <response>` }
  const code = xml.fields.get('code') ?? ''
  return /^-?\d{1,9}$/.test(code)
    ? { kind: 'refused', code: Number(code) }
    : { kind: 'garbled', why: 'an error without a code' }
}

/** A short sentence about a code. */
export const describeHilinkCode = (code: number): string =>
  SENTENCES.get(code) ?? `the modem answered with error ${code}`

const SENTENCES: ReadonlyMap<number, string> = new Map([
  [100_001, 'the modem answered with an unknown error (100001)'],
  [HILINK_CODE.notSupported, 'not supported (100002)'],
  [HILINK_CODE.noRights, 'needs a login (100003)'],
  [HILINK_CODE.busy, 'the modem is busy (100004)'],
  [100_005, 'the modem did not understand the request (100005)'],
  [100_006, 'the modem did not accept a parameter (100006)'],
  [HILINK_CODE.unknownUser, 'the modem does not know this user name (108001)'],
  [HILINK_CODE.wrongPassword, 'the modem refused the password (108002)'],
  [HILINK_CODE.alreadyLoggedIn, 'somebody else is logged in at the modem (108003)'],
  [HILINK_CODE.wrongUserOrPassword, 'the modem refused the user name or the password (108006)'],
  [HILINK_CODE.tooManyTries, 'the modem is locked after too many wrong passwords (108007)'],
  [HILINK_CODE.mustChangePassword, 'the modem wants its password changed first (115002)'],
  [120_001, 'the modem is busy with a voice call (120001)'],
  [HILINK_CODE.wrongToken, 'the modem refused the token (125001)'],
  [HILINK_CODE.wrongSession, 'the modem refused the session (125002)'],
  [HILINK_CODE.wrongSessionToken, 'the modem refused the session token (125003)'],
])
