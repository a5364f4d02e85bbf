import { readFileSync, statSync } from 'node:fs'
import { type Clock, every, minutes } from '@infra-home/shared/clock.ts'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Material } from './server-certificate.ts'

/** Often enough for a certificate that somebody has just replaced by hand. */
const LOOK_EVERY = minutes(1)

/** The certificates that this coordinator shows, and when they have become others. */
export type Certificates = {
  /** Ours. Loads the library when it has to be made. */
  own(): Promise<Material>
  /** The one that the owner configured for the API; null without one. */
  readonly given: (() => Material) | null
  onRenewed(listener: () => void): void
  stop(): void
}

export type GivenFiles = { readonly certFile: string; readonly keyFile: string }

/** Looks every minute whether a certificate is to be replaced, or was: servers take the new one without a restart. */
export const keepCertificates = (
  own: () => Promise<Material>,
  files: GivenFiles | null,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Certificates => {
  const given = files && givenFrom(files)
  const listeners: (() => void)[] = []
  let known: string | null = null
  const shown = async (): Promise<string> => `${(await own()).cert}${given?.().cert ?? ''}`
  const look = async (): Promise<void> => {
    if (known === null) return
    const now = await shown()
    if (now === known) return
    known = now
    log('info', 'showing a renewed certificate')
    for (const listener of listeners) listener()
  }
  const stop = every(clock, LOOK_EVERY, () => {
    look().catch((error: unknown) =>
      log('error', 'the certificate cannot be renewed', { error: describeError(error) }),
    )
  })
  return {
    async own() {
      const material = await own()
      known ??= `${material.cert}${given?.().cert ?? ''}`
      return material
    },
    given,
    onRenewed: (listener) => void listeners.push(listener),
    stop,
  }
}

/** Reads the files again when they have changed. @throws InfraError config-invalid, at the first use */
const givenFrom = ({ certFile, keyFile }: GivenFiles): (() => Material) => {
  let known: { readonly stamp: string; readonly material: Material } | null = null
  return () => {
    try {
      const stamp = [certFile, keyFile].map((file) => statSync(file).mtimeMs).join()
      if (known?.stamp === stamp) return known.material
      const material = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
      known = { stamp, material }
      return material
    } catch (cause) {
      throw new InfraError('config-invalid', `${certFile}, ${keyFile}: the certificate cannot be read`, {
        cause,
      })
    }
  }
}
