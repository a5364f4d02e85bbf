import { isInfraError } from '@infra-home/shared/errors.ts'
import { parseNetgearModel } from '../../parse/netgear-model.ts'
import type { HttpAnswer } from '../../sys/sys.ts'
import type { Likeness, Recognition } from '../recognition.ts'
import { locationOf } from './session.ts'

/** Who comes without a cookie is sent to the page that gives one, whatever is asked for. */
export const netgearRecognition: Recognition = {
  page: (answer) =>
    sentForCookie(answer) ??
    (/NetgearStrings|model\.json/.test(answer.body)
      ? { sure: false, why: 'its page looks like Netgear’s' }
      : null),
  question: {
    path: '/model.json',
    referer: '/index.html',
    judge: (answer) => sentForCookie(answer) ?? (hasToken(answer.body) ? TELLS_ITS_MODEL : null),
  },
}

const TELLS_ITS_MODEL: Likeness = { sure: true, why: 'it has Netgear’s model.json' }

const sentForCookie = (answer: HttpAnswer): Likeness | null =>
  /^(?:http:\/\/[\w.:-]+)?\/sess_cd_tmp\b/.test(locationOf(answer))
    ? { sure: true, why: 'it sends everybody to Netgear’s /sess_cd_tmp first' }
    : null

const hasToken = (body: string): boolean => {
  try {
    return parseNetgearModel(body).token !== null
  } catch (error) {
    if (isInfraError(error, 'parse-failed')) return false
    throw error
  }
}
