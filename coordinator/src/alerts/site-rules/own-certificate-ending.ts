import { seconds } from '@infra-home/shared/clock.ts'
import { partRule } from '../part-rule.ts'

/** A certificate that the coordinator itself shows or signs with ends soon: browsers and devices turn away when it does. */
export const ownCertificateEnding = partRule({
  code: 'own-certificate-ending',
  severity: 'warning',
  part: 'certificates',
  fine: 'every certificate of the coordinator is good for a while',
  advice:
    'Renew the one in http.tls.certFile: a new file is taken without a restart. Our own renew themselves; if one does not, the log says why.',
  defaults: { fireAfter: seconds(0), clearAfter: seconds(0) },
})
