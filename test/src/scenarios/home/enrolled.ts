import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
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
  /** Whether the desk can be reached. */
  isDeskOpen: boolean
  /** Journals what is done at the desk. */
  record: (request: Request) => void
  dress(sys: SimulatedSys): SimulatedSys
}

export type EnrolledOptions = {
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
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-desk-'))
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
      async exec(program, ...rest) {
        if (program !== 'renew') return sys.exec(program, ...rest)
        await time.hold(renew(means))
        return ''
      },
    }),
  }
  const { token, authorityFingerprint: authority } = await desk.open(
    { node, role: 'node', by: 'owner', lasts: hours(1) },
    FROM.host,
  )
  await enrol({ at: AT, authority, token, node, again: false, mayFinish: false }, means)
  ago = 0
  const identities = openIdentities(folder)
  const agreement = openAgreement(folder)
  const keys = createMacKeys(site, (name) => {
    const known = identities.get(name)
    return known && agreement.secretWith(known.publicKey)
  })
  return device
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
