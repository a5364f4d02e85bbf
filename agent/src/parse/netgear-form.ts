import { asObject, asText, parseObject } from './json.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'

/** What the device said to a form; `null` where it said neither yes nor no. */
export type NetgearVerdict = { readonly ok: boolean; readonly why: string } | null

/**
 * Reads the answer to a form: a redirect to the page that we named for yes or for no, or that page's text: `{"success": true}`,
 * `{"errno": 1, "errdetail": "the field"}`.
 */
export const parseNetgearVerdict = (status: number, location: string, body: string): NetgearVerdict => {
  if (/\/success\.json\b/.test(location) || status === 204) return { ok: true, why: '' }
  if (/\/error\.json\b/.test(location)) return { ok: false, why: errorIn(location) }
  if (status !== 200) return null
  if (/"errno"/.test(body)) return { ok: false, why: errorIn(body) }
  return isSuccess(body) ? { ok: true, why: '' } : null
}

const errorIn = (text: string): string => {
  const field = /errdetail"?[=:]\s*"?([\w.]{1,64})/.exec(text)?.[1]
  return field === undefined ? 'the modem refused' : `the modem refused ${field}`
}

const isSuccess = (body: string): boolean => {
  try {
    return parseObject(body, 'the answer')['success'] === true
  } catch (error) {
    if (isInfraError(error, 'parse-failed')) return false
    throw error
  }
}

/** What became of a message, by the name that we gave it: an entry of sms.sendMsg of model.json. */
export const parseNetgearSending = (
  sms: Readonly<Record<string, unknown>>,
  clientId: string,
): 'sending' | 'taken' | 'refused' => {
  const entries = Array.isArray(sms['sendMsg']) ? sms['sendMsg'].map(asObject) : []
  const mine = entries.find((entry) => entry['clientId'] === clientId)
  const status = asText(mine?.['status']) ?? ''
  if (/^succe/i.test(status)) return 'taken'
  return /fail|error|reject/i.test(status) ? 'refused' : 'sending'
}
