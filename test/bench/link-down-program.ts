// Runs inside a network namespace: the coordinator and the agent as processes, a link that is cut, and REST asked until it says so.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ROOT, stopChild } from './child.ts'
import { startCoordinatorChild } from './coordinator-child.ts'

const ip = (words: string): string => execFileSync('ip', words.split(' '), { encoding: 'utf8' })

ip('link set lo up')
ip('link add eth0 type veth peer name far')
ip('link set eth0 up')
ip('link set far up')

const home = await startCoordinatorChild(['rpi4-1'])
const stateDir = mkdtempSync(join(tmpdir(), 'infra-home-link-'))
const config = join(stateDir, 'agent.json')
const broker = { ...home.mqtt, secret: home.secrets.get('rpi4-1') }
writeFileSync(
  config,
  JSON.stringify({
    site: 'bench',
    node: 'rpi4-1',
    broker,
    signingKeys: home.signingKeys,
    stateDir,
    ignoreInterfaces: ['lo'],
    log: 'error',
  }),
)
const agent = spawn(process.execPath, [join(ROOT, 'agent/src/main.ts'), '--config', config], {
  stdio: ['ignore', 'ignore', 'inherit'],
})

const carrier = async (): Promise<boolean | null | undefined> => {
  const answer = await fetch(`${home.http}/api/v1/links`, { headers: { accept: 'application/json' } })
  const { items } = (await answer.json()) as { items: { link: string; carrier: boolean | null }[] }
  return items.find(({ link }) => link === 'eth0')?.carrier
}
const until = async (wanted: boolean): Promise<void> => {
  const deadline = performance.now() + 20_000
  while ((await carrier()) !== wanted) {
    if (performance.now() > deadline) throw new Error(`the link's carrier did not become ${wanted}`)
    await wait(2)
  }
}

await until(true)
const measured: number[] = []
for (let run = 0; run < Number(process.argv[2]); run++) {
  await wait(300)
  const begun = performance.now()
  ip('link set far down')
  await until(false)
  measured.push(performance.now() - begun)
  ip('link set far up')
  await until(true)
}
console.log(JSON.stringify(measured))
await stopChild(agent)
await home.stop()
process.exit(0)
