import type { Log } from '@infra-home/shared/log.ts'
import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { macKeyOfSecret } from '@infra-home/shared/seal/mac.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import type { AgentOptions } from './agent-options.ts'
import { type Agent, createAgent } from './agent.ts'
import { COLLECTORS } from './collectors.gen.ts'
import type { Collector } from './collectors/collector.ts'
import { interesting } from './collectors/interfaces.ts'
import type { LoadedAgentConfig, LoadedModem } from './config.ts'
import type { AgentConfig } from './config-schema.ts'
import { lifeOf, trustOf } from './identity/agent-trust.ts'
import { datesWatch } from './identity/dates-watch.ts'
import { followSearch } from './modem-search/follow.ts'
import { namedModems } from './modem-search/named-modems.ts'
import { foundModemId } from './modem-search/report.ts'
import { MODEM_DRIVERS } from './modems.gen.ts'
import { givingPin } from './modems/orders/giving-pin.ts'
import type { ModemPorts } from './modems/modem.ts'
import { DEFAULT_PACE, type PolledModem } from './modems/poll.ts'
import { shownPasswords } from './modems/web/shown-passwords.ts'
import { type Identity, type IdentityFolder } from './sys/identity-folder.ts'
import { type MqttOptions, mqttWire } from './sys/mqtt-wire.ts'
import { tcpSocket } from './sys/socket.ts'
import type { Sys } from './sys/sys.ts'
import { tlsSocket } from './sys/tls-socket.ts'
import type { WireMaker } from './sys/wire.ts'
import { VERSION } from './version.ts'

const DEFAULT_CADENCE_MS = 10_000
const SMS_PER_DAY = 30
const RENEWAL_LIMIT = seconds(60)

/** Chance, from outside: 80 bits for ids, and a fraction to spread waits. */
export type Chance = { readonly random80: () => readonly [number, number]; readonly fraction: () => number }

export type Surroundings = {
  readonly chance: Chance
  readonly log: Log
  /** By default MQTT to the broker of the configuration. */
  readonly wire?: WireMaker
  /** Where this device's key and certificate lie; needed with tls alone. */
  readonly identity?: IdentityFolder
}

/** Puts an agent together from its configuration, over any system. */
export const agentFor = (
  config: LoadedAgentConfig,
  sys: Sys,
  { chance, log, wire, identity }: Surroundings,
): Agent => {
  const papers = papersOf(config, { sys, log, folder: identity })
  const ports = { ...sys, shown: shownPasswords(sys) }
  return createAgent({
    site: config.site,
    node: config.node,
    version: VERSION,
    mode: config.mode ?? 'read-only',
    cadence: milliseconds(config.cadenceMs ?? DEFAULT_CADENCE_MS),
    sys,
    collectors: collectorsOf(config),
    keeps: interesting(config.ignoreInterfaces),
    modems: (config.modems ?? []).map((modem) => toModem(modem, ports)),
    ...(config.detectModems && { findModems: modemFinder(config, { sys, ports, log }) }),
    sms: config.sms ? { to: config.sms.to ?? null, maxPerDay: config.sms.maxPerDay ?? SMS_PER_DAY } : null,
    powerCycled: new Set(Object.keys(config.powerCycle ?? {})),
    advertised: config.advertise ?? null,
    canTether: config.tether !== undefined,
    pace: {
      calm: milliseconds(config.modemPollMs?.calm ?? DEFAULT_PACE.calm),
      alarmed: milliseconds(config.modemPollMs?.alarmed ?? DEFAULT_PACE.alarmed),
    },
    wire: wire ?? mqttWire({ open: papers.open, clock: sys.clock, node: config.node, secret: config.secret }),
    trust: papers.trust,
    certificate: papers.certificate,
    alarm: config.alarm ?? null,
    newId: ulidFactory(chance.random80),
    jitter: chance.fraction,
    log,
  })
}

type Papers = Pick<AgentOptions, 'trust' | 'certificate'> & Pick<MqttOptions, 'open'>

/** How the agent shows who it is: by its certificate, or, to a broker on its own machine, by a secret. @throws InfraError */
const papersOf = (
  config: LoadedAgentConfig,
  { sys, log, folder }: { readonly sys: Sys; readonly log: Log; readonly folder: IdentityFolder | undefined },
): Papers => {
  const { broker, secret, signingKeys = [] } = config
  if (!broker.tls) {
    const macKey = macKeyOfSecret(secret ?? '', config)
    return { open: (ready) => tcpSocket(broker, ready), trust: { macKey, signingKeys }, certificate: null }
  }
  const identity = (): Identity => {
    const kept = folder?.read()
    if (!kept)
      throw new InfraError(
        'config-invalid',
        'this device is not enrolled: paste the line of `coordinator enrol`',
      )
    return kept
  }
  const { host, port } = broker
  const onServer = datesWatch(sys.clock, log)
  return {
    open: (ready) => tlsSocket({ host, port, identity, name: null, onServer }, ready),
    trust: trustOf(identity()),
    certificate: { life: () => lifeOf(identity()), renew: () => sys.exec('renew', [], RENEWAL_LIMIT) },
  }
}

const collectorsOf = ({ ignoreInterfaces }: Pick<AgentConfig, 'ignoreInterfaces'>): Collector[] =>
  Object.values(COLLECTORS).map((make) => make(ignoreInterfaces ? { ignored: ignoreInterfaces } : {}))

/** Modems that are found are read as if they had been named, without a password. */
const modemFinder =
  (
    config: Pick<LoadedAgentConfig, 'modems'>,
    { sys, ports, log }: { readonly sys: Sys; readonly ports: ModemPorts; readonly log: Log },
  ): NonNullable<AgentOptions['findModems']> =>
  (onFound) =>
    followSearch({
      sys,
      drivers: MODEM_DRIVERS,
      named: namedModems(config),
      log,
      onFound: ({ driver, where, config }) =>
        onFound(toModem({ id: foundModemId(driver, where), driver, config }, ports)),
    })

const toModem = (modem: LoadedModem, ports: ModemPorts): PolledModem => {
  const driver = MODEM_DRIVERS.find(({ name }) => name === modem.driver)
  if (!driver) throw new RangeError(`no modem driver ${modem.driver}`) // the configuration was checked before
  const address = modem.config['address']
  const made = driver.create(modem.config as never, ports)
  return {
    id: modem.id,
    driver: modem.driver,
    address: typeof address === 'string' ? address : '',
    modem: modem.pin === undefined ? made : givingPin(made, modem.pin),
  }
}
