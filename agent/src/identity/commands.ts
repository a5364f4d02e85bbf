import { X509Certificate } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { checker, formatProblem } from '@infra-home/shared/problem.ts'
import { AgentConfig } from '../config-schema.ts'
import { defaultStateDir } from '../default-state.ts'
import { OBEYED_FILE } from '../commands/obedience.ts'
import { asObject } from '../parse/json.ts'
import { KEYS_FILE } from '../pinned-keys.ts'
import { postChecked } from '../sys/real-checked-https.ts'
import { type IdentityFolder, identityFolder } from '../sys/identity-folder.ts'
import { putAside } from '../sys/put-aside.ts'
import { signingRequest } from '../sys/signing-request.ts'
import { WISHES_FILE } from '../wishes.ts'
import { WITNESSES_FILE } from '../witness.ts'
import { enrol } from './enrol.ts'
import type { IdentityFile } from './identity-file.ts'
import { renew } from './renew.ts'

/** What an agent keeps of its coordinator's word: it says nothing of another's. */
const COORDINATORS_BOOKS = [KEYS_FILE, WISHES_FILE, OBEYED_FILE, WITNESSES_FILE]

/** What stands behind `agent enrol`. */
export type EnrolFlags = {
  readonly at?: string
  readonly authority?: string
  readonly token?: string
  readonly node?: string
  readonly config?: string
  readonly state?: string
  readonly again?: boolean
}

export type EnrolSurroundings = {
  readonly isRoot: boolean
  /** The text of a file; null when there is none. */
  readonly readConfig: (file: string) => string | null
  /** Replaces a file at one instant; it stays its owner's. */
  readonly write: (file: string, text: string) => void
}

/**
 * Enrols this device and writes its configuration; what an earlier one said beyond identity and broker stays. After a crash in the
 * middle it may be called again.
 * @returns what to do next, for people
 * @throws InfraError usage, http-failed, http-timeout, config-invalid, disk-failed
 */
export const enrolDevice = async (flags: EnrolFlags, on: EnrolSurroundings): Promise<string> => {
  const state = resolve(flags.state ?? defaultStateDir(on.isRoot))
  const config = resolve(flags.config ?? join(state, 'agent.json'))
  const text = on.readConfig(config)
  const old = parse(config, text)
  const folder = identityFolder(join(state, 'trust'))
  const books = typeof old['stateDir'] === 'string' ? resolve(dirname(config), old['stateDir']) : state
  const given = await enrol(
    {
      at: flags.at ?? '',
      authority: flags.authority ?? '',
      token: flags.token ?? '',
      node: flags.node ?? null,
      again: flags.again ?? false,
      mayFinish: text === null,
    },
    {
      folder,
      post: postChecked,
      request: signingRequest,
      onLeft: (authority) => putAside(books, COORDINATORS_BOOKS, `of-${authority.slice(7, 23)}`),
    },
  )
  if (given.role === 'reader') return readerWords(folder, given)
  on.write(config, `${JSON.stringify(configurationOf(given, { old, state }), null, 2)}\n`)
  return [
    `This device is ${given.node} of ${given.site} now.`,
    `Its configuration is ${config}, its key stays in ${join(state, 'trust')}.`,
    `Start it: agent --config ${config}`,
    ...(flags.again
      ? ['An agent that runs here has to be restarted: it goes on with its old key until then.']
      : []),
  ].join('\n')
}

/** A reader is somebody else's program: it gets files, and a person who enters them. */
const readerWords = (folder: IdentityFolder, given: IdentityFile): string => {
  const identity = folder.read()
  const files = identity && folder.writePem(identity)
  const { validTo } = new X509Certificate(given.certificate)
  return [
    `${given.node} may listen at ${given.site} now. To enter where it listens (Home Assistant, Grafana, mosquitto_sub):`,
    `  broker              ${given.broker.host}, port ${given.broker.port}, TLS, MQTT 3.1.1`,
    `  client id           ${given.node}`,
    `  client certificate  ${files?.certificate}`,
    `  private key         ${files?.key}`,
    `  authority           ${files?.authority}`,
    `It may hear ih/1/# and say nothing. No agent runs for it, so nothing renews this: it is good until ${validTo}.`,
    `Before then, open a new line and paste it with --again.`,
  ].join('\n')
}

/** Has the certificate renewed. @returns what was done, for people @throws InfraError */
export const renewHere = async (folder: IdentityFolder): Promise<string> => {
  const { issuedAt } = await renew({ folder, post: postChecked, request: signingRequest })
  return `renewed at ${issuedAt}`
}

const configurationOf = (
  { site, node, broker }: Pick<IdentityFile, 'site' | 'node' | 'broker'>,
  { old, state }: { readonly old: Readonly<Record<string, unknown>>; readonly state: string },
): object => {
  const { signingKeys: _keys, ...kept } = old
  return {
    mode: 'full',
    ...kept,
    site,
    node,
    broker: { host: broker.host, port: broker.port, tls: true },
    stateDir: kept['stateDir'] ?? state,
    trust: join(state, 'trust'),
  }
}

const parse = (file: string, text: string | null): Readonly<Record<string, unknown>> => {
  if (text === null) return {}
  const content = parseJson(file, text)
  const old = asObject(content)
  // before a token is spent: what will be written has to be a configuration, whoever's this file is
  const [problem] = check(configurationOf(ANYBODY, { old, state: '/' }))
  const fault = old === content ? problem && formatProblem(problem) : 'is no object'
  if (!fault) return old
  throw new InfraError(
    'config-invalid',
    `${file}: is no configuration of an agent: ${fault}: mend it or move it away`,
  )
}

const check = checker(AgentConfig)
/** Whoever this device will be. */
const ANYBODY = { site: 'home', node: 'node', broker: { host: 'coordinator', port: 8883 } } as const

const parseJson = (file: string, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InfraError('config-invalid', `${file}: is not JSON: mend it or move it away`, { cause })
  }
}
