import { join } from 'node:path'
import { enrol, type EnrolMeans } from '@infra-home/agent/identity/enrol.ts'
import { renew } from '@infra-home/agent/identity/renew.ts'
import { type IdentityFolder, identityFolder } from '@infra-home/agent/sys/identity-folder.ts'
import { signingRequest } from '@infra-home/agent/sys/signing-request.ts'
import type { SimulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import { openAgreement } from '@infra-home/coordinator/trust/agreement.ts'
import type { Desk } from '@infra-home/coordinator/trust/desk.ts'
import { openIdentities } from '@infra-home/coordinator/trust/identities.ts'
import { createMacKeys } from '@infra-home/coordinator/trust/mac-keys.ts'
import type { Request } from '@infra-home/coordinator/world/input.ts'
import { type Clock, type DurationMs, hours, wallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { MacKey } from '@infra-home/shared/seal/mac.ts'
import type { HouseTime } from '../../helpers/house-time.ts'
import { testDesk } from '../../helpers/test-desk.ts'

/** A device that was enrolled at a real desk, and has its certificate renewed there. */
export type Enrolled = {
  readonly node: string
  readonly identity: IdentityFolder
  /** What the coordinator knows its messages by. */
  macKey(): MacKey | null
  /** Whether the desk can be reached: not any more, once it is enrolled, until somebody says so. */
  isDeskOpen: boolean
  /** Journals what is done at the desk. */
  record: (request: Request) => void
  dress(sys: SimulatedSys): SimulatedSys
}

export type EnrolledOptions = {
  /** Where the desk keeps its books, and the device what it was given. */
  readonly folder: string
  readonly node: string
  readonly site: string
  readonly time: HouseTime
  readonly clock: Clock
  readonly signingKeys: () => readonly string[]
  /** How long its certificate lives, and how much of that is over. */
  readonly life: DurationMs
  readonly gone: DurationMs
}

const AT = 'https://rpi4-1:8470'
const FROM = { source: '10.10.0.12', host: 'rpi4-1' }

export const enrolled = async (options: EnrolledOptions): Promise<Enrolled> => {
  const { node, site, time, clock, gone } = options
  const folder = join(options.folder, 'desk')
  let ago: number = gone
  const desk = testDesk(folder, clock, async (request) => device.record(request), {
    ...options,
    now: () => wallMs(clock.now().wall - ago),
  })
  const identity = identityFolder(join(folder, node))
  const means: EnrolMeans = {
    folder: identity,
    request: signingRequest,
    async post(url, _pin, body) {
      if (!device.isDeskOpen) throw new InfraError('http-failed', 'rpi4-1:8470 takes no connection')
      return answerOf(desk, url.slice(AT.length), body)
    },
  }
  const device: Enrolled = {
    node,
    identity,
    macKey: () => keys(node),
    isDeskOpen: true,
    record: () => {},
    dress: (sys) => ({
      ...sys,
      exec: async (program, ...rest) =>
        program === 'renew' ? time.hold(renew(means).then(() => '')) : sys.exec(program, ...rest),
    }),
  }
  const { token, authorityFingerprint: authority } = await desk.open(
    { node, role: 'node', by: 'owner', lasts: hours(1) },
    FROM.host,
  )
  await enrol({ at: AT, authority, token, node, again: false, mayFinish: false }, means)
  ago = 0
  device.isDeskOpen = false
  const keys = keysIn(folder, site)
  return device
}

/** What the coordinator agrees on with whom it has enrolled. */
const keysIn = (folder: string, site: string): ReturnType<typeof createMacKeys> => {
  const identities = openIdentities(folder)
  const agreement = openAgreement(folder)
  return createMacKeys(site, (node) => {
    const known = identities.get(node)
    return known && agreement.secretWith(known.publicKey)
  })
}

/** What the coordinator's API answers. */
const answerOf = async (desk: Desk, path: string, body: object): ReturnType<EnrolMeans['post']> => {
  if (path.endsWith('/challenge')) return { status: 200, value: { nonce: desk.challenge() } }
  const given = path.endsWith('/redeem')
    ? await desk.redeem(body as Parameters<Desk['redeem']>[0], FROM)
    : await desk.renew(body as Parameters<Desk['renew']>[0], FROM)
  return 'refused' in given
    ? { status: 403, value: { detail: given.refused } }
    : { status: 201, value: given }
}
