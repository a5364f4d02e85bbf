import { headerLines } from '../web/cookie-jar.ts'
import type { Recognition } from '../recognition.ts'

const WHERE = '/goform/goform_get_cmd_process?isTest=false&multi_data=1&cmd=modem_main_state%2Cppp_status'

/** Its page says little that is its own, but goform answers anybody who seems to come from that page. */
export const zteRecognition: Recognition = {
  page(answer) {
    const leads = headerLines(answer, 'location').some((location) =>
      /^(?:https?:\/\/[^/]+)?\/index\.html\b/.test(location),
    )
    return leads || /goform|\bZTE\b/i.test(answer.body)
      ? { sure: false, why: 'its page looks like ZTE’s' }
      : null
  },
  question: {
    path: WHERE,
    referer: '/index.html',
    judge: ({ body }) =>
      /"modem_main_state"\s*:/.test(body) ? { sure: true, why: 'its goform answers as ZTE’s' } : null,
  },
}
