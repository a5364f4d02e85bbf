// Agents as they are shipped that come back with an old certificate, to a coordinator as it is shipped.
import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { enrol } from '@infra-home/agent/identity/enrol.ts'
import type { IdentityFile } from '@infra-home/agent/identity/identity-file.ts'
import { identityFolder } from '@infra-home/agent/sys/identity-folder.ts'
import { postChecked } from '@infra-home/agent/sys/real-checked-https.ts'
import { signingRequest } from '@infra-home/agent/sys/signing-request.ts'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { openAuthority } from '@infra-home/coordinator/trust/authority.ts'
import { openIdentities } from '@infra-home/coordinator/trust/identities.ts'
import { days, rfc3339, wallLater } from '@infra-home/shared/clock.ts'
import { type AgentHome, agentHome } from '../helpers/agent-process.ts'
import { askHttps } from '../helpers/ask-https.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'

const NODE = 'rpi4-1'

type Drawer = {
  readonly agent: AgentHome
  /** What the device was given, as it stands on its disk now. */
  given(): IdentityFile
  ask<T>(path: string): Promise<T>
}

/** A device that was enrolled so many days ago for so many days. */
const drawer = async (t: Test, life: { readonly ago: number; readonly lasts: number }): Promise<Drawer> => {
  const home = coordinatorHome([], {
    broker: { kind: 'embedded', port: 0, tls: { host: '127.0.0.1', port: 0 } },
  })
  t.teardown(home.remove)
  const running = await home.start()
  t.teardown(() => running.end('SIGTERM'))
  const { http, tokenFile } = running.addresses
  const port = Number(new URL(http).port)
  const token = readFileSync(tokenFile, 'utf8').trim()
  const trust = join(home.stateDir, 'trust')
  const authority = await openAuthority(trust, 'home')
  const at = { port, authority: authority.certificate }
  const body = { node: NODE }
  const opened = await askHttps<{ token: string }>(at, '/api/v1/enrolments', { method: 'POST', token, body })

  const { mqttsPort } = running.addresses as unknown as { readonly mqttsPort: number }
  const agent = agentHome({ node: NODE, broker: { host: '127.0.0.1', port: mqttsPort, tls: true } })
  t.teardown(agent.remove)
  const folder = identityFolder(join(agent.stateDir, 'trust'))
  const line = {
    at: `https://127.0.0.1:${port}`,
    authority: authority.fingerprint,
    token: opened.value.token,
    node: null,
    again: false,
    mayFinish: false,
  }
  await enrol(line, { folder, post: postChecked, request: signingRequest })
  const issuedAt = wallLater(machineClock().now().wall, days(-life.ago))
  const publicKey = createPublicKey(folder.key()).export({ format: 'pem', type: 'spki' }).toString()
  const wish = { name: NODE, publicKey, notAfter: wallLater(issuedAt, days(life.lasts)) }
  const issued = await authority.issue(wish)
  openIdentities(trust).enrol(NODE, { ...issued, publicKey, at: issuedAt, role: 'node', by: 'test' })
  const file = join(agent.stateDir, 'trust/identity.json')
  const given = (): IdentityFile => JSON.parse(readFileSync(file, 'utf8')) as IdentityFile
  const { certificate } = issued
  writeFileSync(file, JSON.stringify({ ...given(), certificate, issuedAt: rfc3339(issuedAt) }))
  return { agent, given, ask: async (path) => (await askHttps(at, `/api/v1${path}`)).value as never }
}

const isOnline = async ({ ask }: Drawer): Promise<boolean> => {
  const { items } = await ask<{ items: { node: string; state: string }[] }>('/nodes')
  return items.some(({ node, state }) => node === NODE && state === 'online')
}

const summaries = async ({ ask }: Drawer): Promise<string[]> =>
  (await ask<{ items: { summary: string }[] }>(`/events?node=${NODE}&limit=200`)).items.map(
    ({ summary }) => summary,
  )

const serialOf = ({ certificate }: IdentityFile): string => new X509Certificate(certificate).serialNumber

for (const [what, life] of [
  ['one whose certificate expired in a drawer renews it by itself, and is back', { ago: 400, lasts: 365 }],
  ['one at two thirds of its certificate’s life renews it, and connects anew', { ago: 250, lasts: 365 }],
] as const)
  t.test(what, async (t) => {
    const home = await drawer(t, life)
    const old = home.given()
    const agent = home.agent.start()
    t.teardown(() => agent.end('SIGKILL'))
    await eventually('another certificate', () => serialOf(home.given()) !== serialOf(old))
    await eventually('online', () => isOnline(home))
    await eventually('that it says so', () => /the certificate was renewed/.test(agent.logged()))
    await eventually('how it fares', async () =>
      (await summaries(home)).some((summary) => summary.includes('certificate')),
    )
    t.notOk((await summaries(home)).some((summary) => /lost/.test(summary)))
    t.equal(await agent.end('SIGTERM'), 0)
  })
