import type { Log } from '@infra-home/shared/log.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import { macKeyOfSecret } from '@infra-home/shared/seal/mac.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import { type Agent, createAgent } from './agent.ts'
import { COLLECTORS } from './collectors.gen.ts'
import type { Collector } from './collectors/collector.ts'
import { interesting } from './collectors/interfaces.ts'
import type { LoadedAgentConfig } from './config.ts'
import type { AgentConfig } from './config-schema.ts'
import { MODEM_DRIVERS } from './modems.gen.ts'
import { DEFAULT_PACE, type PolledModem } from './modems/poll.ts'
import { mqttWire } from './sys/mqtt-wire.ts'
import { tcpSocket } from './sys/socket.ts'
import type { Sys } from './sys/sys.ts'
import type { WireMaker } from './sys/wire.ts'
import { VERSION } from './version.ts'

const DEFAULT_CADENCE_MS = 10_000

/** Chance, from outside: 80 bits for ids, and a fraction to spread waits. */
export type Chance = { readonly random80: () => readonly [number, number]; readonly fraction: () => number }

export type Surroundings = {
  readonly chance: Chance
  readonly log: Log
  /** By default MQTT to the broker of the configuration. */
  readonly wire?: WireMaker
}

/** Puts an agent together from its configuration, over any system. */
export const agentFor = (config: LoadedAgentConfig, sys: Sys, { chance, log, wire }: Surroundings): Agent =>
  createAgent({
    site: config.site,
    node: config.node,
    version: VERSION,
    mode: config.mode ?? 'read-only',
    cadence: milliseconds(config.cadenceMs ?? DEFAULT_CADENCE_MS),
    sys,
    collectors: collectorsOf(config),
    keeps: interesting(config.ignoreInterfaces),
    modems: (config.modems ?? []).map((modem) => toModem(modem, sys)),
    pace: {
      calm: milliseconds(config.modemPollMs?.calm ?? DEFAULT_PACE.calm),
      alarmed: milliseconds(config.modemPollMs?.alarmed ?? DEFAULT_PACE.alarmed),
    },
    wire:
      wire ??
      mqttWire({
        open: () => tcpSocket(config.broker),
        clock: sys.clock,
        node: config.node,
        secret: config.secret,
      }),
    trust: {
      macKey: macKeyOfSecret(config.secret, config),
      signingKeys: config.signingKeys,
    },
    newId: ulidFactory(chance.random80),
    jitter: chance.fraction,
    log,
  })

const collectorsOf = ({ ignoreInterfaces }: AgentConfig): Collector[] =>
  Object.values(COLLECTORS).map((make) => make(ignoreInterfaces ? { ignored: ignoreInterfaces } : {}))

const toModem = (modem: NonNullable<AgentConfig['modems']>[number], sys: Sys): PolledModem => {
  const driver = MODEM_DRIVERS.find(({ name }) => name === modem.driver)
  if (!driver) throw new RangeError(`no modem driver ${modem.driver}`) // the configuration was checked before
  const address = modem.config['address']
  return {
    id: modem.id,
    driver: modem.driver,
    address: typeof address === 'string' ? address : '',
    modem: driver.create(modem.config as never, { http: sys.http, clock: sys.clock }),
  }
}
