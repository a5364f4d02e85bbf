import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'

/** A secret from a file named in the configuration, relative to it. @throws InfraError config-invalid */
export const readSecret = (configFile: string, path: string): string => {
  const file = resolve(dirname(configFile), path)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new InfraError('config-invalid', `${configFile}: the secret file ${file} cannot be read`, { cause })
  }
}
