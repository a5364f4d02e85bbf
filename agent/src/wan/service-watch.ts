import { type Clock, type DurationMs, elapsed, milliseconds, type MonoMs } from '@infra-home/shared/clock.ts'
import type { Pace } from '@infra-home/shared/wan/pace.ts'
import { roundTripMsOf } from '@infra-home/shared/wan/round-trip.ts'
import type { ProbeMethod, Silence } from '@infra-home/shared/wan/silence.ts'
import {
  answeredTrial,
  type Finding,
  nextTrial,
  type Service,
  type ServiceVerdict,
  suspectTrial,
  type Trial,
  UNTRIED,
  type Waits,
} from '@infra-home/shared/wan/trial.ts'

/** Whom to ask for a service, and how; nobody while it cannot be asked. */
export type Asker = {
  /** How often it is asked whether what is broken still is; unless given, as often as people would. */
  readonly retry?: DurationMs
  /** How long answers are waited for, where not as long as usual. */
  readonly waits?: Waits
  readonly targets: () => readonly string[]
  /** @throws InfraError when nobody answered */
  ask(target: string): Promise<Finding>
}

export type ServiceWatch = {
  verdict(service: Service): ServiceVerdict
  suspect(service: Service, by: 'users' | 'silence'): void
  /** What was known is of another line, or of another time; of one service, or of all. */
  forget(service?: Service): void
  stop(): void
}

/** What may be out of order, too, when nobody answers at first. */
const BESIDE: Readonly<Partial<Record<Service, Service>>> = { 'own-dns': 'public-dns', page: 'tcp' }
/** In what other way a sign of life is asked for while a service is in doubt, where nobody answers pings. */
const LIFE: Readonly<Record<Service, ProbeMethod>> = {
  'own-dns': 'tcp',
  'public-dns': 'tcp',
  tcp: 'dns',
  page: 'dns',
  'full-size': 'dns',
  ipv6: 'dns',
}
const SERVICES = Object.keys(LIFE) as readonly Service[]
/** Connections are asked for in their turn beside; for the service only when there is a reason. */
const ASKED_BESIDE: ReadonlySet<Service> = new Set(['tcp'])
/** What a lacking service makes its users do is a reason to look for life, too: that is found after a round trip or two, and no outage. */
const BRIEF = milliseconds(150)
const TICK = milliseconds(200)
/** The same while an answer is waited for. */
const CLOSE_TICK = milliseconds(50)

/** Asks now and then for what a living path may lack, and closely when there is a reason to think that it does. */
export const watchServices = (options: {
  readonly clock: Clock
  readonly askers: Readonly<Record<Service, Asker>>
  readonly silence: () => Silence
  readonly pace: () => Pace
  /** Asks somebody for a sign of life beside, by a ping or in this way: what nobody answers on a dead path says nothing. */
  readonly askForLife: (method: ProbeMethod) => void
  readonly onChange: () => void
}): ServiceWatch => {
  const { clock, askers, silence, pace, askForLife, onChange } = options
  const trials = new Map<Service, Trial>()
  const trialOf = (service: Service): Trial => trials.get(service) ?? UNTRIED
  let turn = 0
  let generation = 0
  let doubtedAt: MonoMs | null = null
  let isStopped = false

  const set = (service: Service, trial: Trial): void => {
    const before = trialOf(service)
    trials.set(service, trial)
    if (trial.verdict === before.verdict) return
    if (service === 'own-dns' && trial.verdict === 'fails') suspect('page', 'silence') // it may be a lie that leads to a portal
    onChange()
  }
  const suspect = (service: Service, by: 'users' | 'silence'): void =>
    set(service, suspectTrial(trialOf(service), by, clock.now().mono))

  const ask = (service: Service, target: string): void => {
    const asker = askers[service]
    const asked = generation
    asker.ask(target).then(
      (found) => {
        if (asked !== generation) return
        const others = asker.targets().length
        set(service, answeredTrial(trialOf(service), { target, found, others }, clock.now().mono))
      },
      () => {}, // nobody answered: that is what is waited for
    )
  }
  const tick = (): void => {
    const now = silence()
    const { beyond, probing, provenAt } = now
    const roundTripMs = roundTripMsOf(now)
    const at = clock.now().mono
    doubtedAt = probing === 'calm' ? null : (doubtedAt ?? at)
    const isCalm = doubtedAt === null || elapsed(doubtedAt, at) <= BRIEF + 2 * roundTripMs
    const isAlive = beyond === 'works' && isCalm
    for (const service of SERVICES) {
      const { targets: targetsOf, ask: _, ...manner } = askers[service]
      const targets = targetsOf()
      if (targets.length === 0) continue
      const period = ASKED_BESIDE.has(service) ? null : (pace()[service] ?? null)
      const path = { ...manner, pace: period, isAlive, provenAt, roundTripMs }
      const { trial, ask: whom } = nextTrial(trialOf(service), path, at)
      set(service, trial)
      if (whom === 'one') ask(service, targets[turn++ % targets.length] ?? '')
      if (whom !== 'all') continue
      for (const target of targets) ask(service, target)
      askForLife(LIFE[service])
      const other = BESIDE[service]
      if (other) suspect(other, 'silence')
    }
  }
  const isWaiting = (): boolean => [...trials.values()].some(({ isOpen, doubt }) => isOpen || doubt !== null)
  const beat = (): void => {
    tick()
    if (!isStopped) cancel = clock.after(isWaiting() ? CLOSE_TICK : TICK, beat)
  }
  let cancel = clock.after(TICK, beat)

  return {
    verdict: (service) => trialOf(service).verdict,
    suspect,
    forget(service) {
      if (service) return void trials.delete(service)
      generation++
      trials.clear()
    },
    stop() {
      isStopped = true
      cancel()
    },
  }
}
