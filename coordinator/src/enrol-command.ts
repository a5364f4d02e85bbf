import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { LoadedConfig } from './config.ts'
import { isLoopback, isWildcard } from './loopback.ts'
import { refuseUnplanned } from './refuse-unplanned.ts'
import { HTTP_PORT, THIS_MACHINE } from './usual-places.ts'

export const ENROL_USAGE = 'coordinator --config FILE enrol NAME [node|reader|broker]'

type Opened = {
  readonly expiresAt: string
  readonly lines: { readonly pi: string; readonly phone: string }
  readonly warnings: readonly string[]
}

/**
 * Asks the coordinator that runs on this machine for an enrolment; returns the line to paste on the device, below what there is
 * to know about it.
 * @param words what follows `enrol`
 * @throws InfraError usage, http-failed
 */
export const enrolCommand = async (
  loaded: LoadedConfig,
  [node, role = 'node', ...more]: readonly string[],
): Promise<string> => {
  const { config, stateDir } = loaded
  if (!node) throw new InfraError('usage', `enrol: the NAME of a node is missing\nusage: ${ENROL_USAGE}`)
  if (more.length > 0)
    throw new InfraError('usage', `enrol: ${more[0]} is one word too many\nusage: ${ENROL_USAGE}`)
  if (role === 'node') refuseUnplanned(loaded, node)
  const port = config.http?.port ?? HTTP_PORT
  if (port === 0)
    throw new InfraError('usage', 'http.port is 0: nobody can know where the coordinator listens')
  const opened = await ask(`http://${hostOf(config.http?.host)}:${port}`, {
    token: readToken(join(stateDir, 'admin.token')),
    body: { node, role },
  })
  const { lines, warnings, expiresAt } = opened
  return [
    `# for ${node}, once, until ${expiresAt}; ${role === 'node' ? 'on a phone without sudo' : `its files come into the folder ${node}`}`,
    ...warnings.map((warning) => `# ! ${warning}`),
    lines.pi,
  ].join('\n')
}

/** Plain HTTP is spoken with this machine alone. */
const hostOf = (host: string | undefined): string =>
  host !== undefined && isLoopback(host) && !isWildcard(host)
    ? host === '::1'
      ? '[::1]'
      : host
    : THIS_MACHINE

const ask = async (
  base: string,
  { token, body }: { readonly token: string; readonly body: object },
): Promise<Opened> => {
  const answer = await fetch(`${base}/api/v1/enrolments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  }).catch((cause: unknown) => {
    throw new InfraError('http-failed', `no coordinator answers at ${base}: is it running?`, { cause })
  })
  const said = (await answer.json()) as Opened & { readonly detail?: string }
  if (!answer.ok) throw new InfraError('http-failed', said.detail ?? `${base} answers ${answer.status}`)
  return said
}

const readToken = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new InfraError(
      'usage',
      `${file} cannot be read: run this where the coordinator runs, as its user`,
      {
        cause,
      },
    )
  }
}
