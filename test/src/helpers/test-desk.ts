import { openAgreement } from '@infra-home/coordinator/trust/agreement.ts'
import { openAuthority } from '@infra-home/coordinator/trust/authority.ts'
import { createDesk, type Desk } from '@infra-home/coordinator/trust/desk.ts'
import type { DeskOptions } from '@infra-home/coordinator/trust/desk-options.ts'
import { openEnrolments } from '@infra-home/coordinator/trust/enrolments.ts'
import { openIdentities } from '@infra-home/coordinator/trust/identities.ts'
import { createNonces } from '@infra-home/coordinator/trust/nonces.ts'
import { type Clock, days } from '@infra-home/shared/clock.ts'

/** A desk over a folder, with an authority that is made when it is needed; every device is sent to the host that it asked. */
export const testDesk = (
  folder: string,
  clock: Clock,
  record: DeskOptions['record'],
  more: Partial<DeskOptions> = {},
): Desk => {
  let authority: ReturnType<typeof openAuthority> | null = null
  let ids = 0
  return createDesk({
    site: 'home',
    authority: () => (authority ??= openAuthority(folder, 'home')),
    identities: openIdentities(folder),
    enrolments: openEnrolments(folder),
    agreement: () => openAgreement(folder),
    nonces: createNonces(() => clock.now().mono),
    signingKeys: () => ['ed25519:key'],
    life: days(365),
    serverNames: [],
    now: () => clock.now().wall,
    mono: () => clock.now().mono,
    newId: () => `e${++ids}`,
    record,
    places: (host) => ({
      broker: { host, port: 8883 },
      coordinator: { https: `https://${host}:8470` },
    }),
    removeSecret: () => false,
    ...more,
  })
}
