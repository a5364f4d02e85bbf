import { parseHilinkAnswer } from '../../parse/hilink-answer.ts'
import type { HttpAnswer } from '../../sys/sys.ts'
import { headerLines } from '../web/cookie-jar.ts'
import type { Likeness, Recognition } from '../recognition.ts'
import { tokensInPage } from './tokens.ts'

/** HiLink shows itself in its page; where it does not, a question of its API that opens no session is answered in its own XML. */
export const hilinkRecognition: Recognition = {
  page(answer) {
    const opensSession = headerLines(answer, 'set-cookie').some((line) => line.startsWith('SessionID='))
    const hasToken = tokensInPage(answer.body).length > 0
    if (opensSession && hasToken)
      return { sure: true, why: 'its page has HiLink’s csrf_token and sets a SessionID' }
    if (opensSession || hasToken || isLike(answer))
      return { sure: false, why: 'its page looks like HiLink’s' }
    return null
  },
  question: { path: '/api/monitoring/status', judge: judgeStatus },
}

const isLike = (answer: HttpAnswer): boolean =>
  headerLines(answer, 'location').some((location) => /\/html\/\w+\.html\b/.test(location)) ||
  /hilink|huawei|mobile (?:broadband|wifi)/i.test(answer.body)

function judgeStatus(answer: HttpAnswer): Likeness | null {
  const said = parseHilinkAnswer(answer.body)
  const isIts =
    (said.kind === 'fields' && said.fields.has('ConnectionStatus')) ||
    (said.kind === 'refused' && (said.code === 125_002 || Math.floor(said.code / 1000) === 100))
  return isIts ? { sure: true, why: 'its API answers as HiLink’s' } : null
}
