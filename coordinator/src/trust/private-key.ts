import { createPrivateKey, type KeyObject } from 'node:crypto'
import { InfraError } from '@infra-home/shared/errors.ts'

/** A private key (PEM) that stood in a file. @throws InfraError config-invalid, without what stood there, when it is none */
export const privateKeyIn = (file: string, pem: string): KeyObject => {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const message = `${file}: is no private key: put it back from a backup`
    throw new InfraError('config-invalid', message, { cause, context: { file } })
  }
}
