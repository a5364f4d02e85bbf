import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { channelFaults } from '@infra-home/coordinator/self/channel-faults.ts'
import { createRuleBook, type RuleBook } from '@infra-home/coordinator/alerts/rule-book.ts'
import type { HttpRequest } from '@infra-home/coordinator/alerts/sending/http-request.ts'
import type { CoordinatorConfig } from '@infra-home/coordinator/config-schema.ts'
import type { Coordinator } from '@infra-home/coordinator/coordinator.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import type { WanPlan } from '@infra-home/coordinator/decide/wan-plan.ts'
import { type Backups, openBackups } from '@infra-home/coordinator/jobs/backups.ts'
import { keepWan } from '@infra-home/coordinator/keep-wan.ts'
import { startDeadMan } from '@infra-home/coordinator/self/dead-man.ts'
import { endingCertificates } from '@infra-home/coordinator/self/ending-certificates.ts'
import { watchSelf } from '@infra-home/coordinator/self/watch-self.ts'
import { type Clock, minutes } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { HouseTime } from '../../helpers/house-time.ts'
import { toyAuthority } from '../../helpers/toy-authority.ts'

/** What a coordinator looks after beside its devices, as coordinator/run.ts puts it together. */
export type OwnParts = {
  /** Whether the watcher outside answers as it should. */
  isHeard: boolean
  /** Writes the file of the owner's rules and has it read. */
  setRules(text: string): void
  /** Somebody wants one now. */
  backUp(): void
  /** Another certificate for browsers lies there. */
  setCertificate(pem: string): void
  /** For SeatOptions. */
  beside(coordinator: Coordinator, clock: Clock): () => void
}

export type OwnPartsOptions = {
  /** Where all of it lies. */
  readonly folder: string
  readonly time: HouseTime
  readonly store: Store
  readonly log: Log
  readonly channels: NonNullable<CoordinatorConfig['channels']>
  readonly wan: WanPlan | null
  /** Whether anything gets out of the house. */
  readonly isOnline: () => boolean
  /** The name of the backup that is there. */
  readonly backup: string
}

export const NO_RULES = '{ "rules": [] }'

export const ownParts = (options: OwnPartsOptions): OwnParts => {
  const { folder, time, store, log, channels, wan, isOnline } = options
  const files = { rules: join(folder, 'rules.json'), certificate: join(folder, 'http.pem') }
  mkdirSync(join(folder, 'backups'))
  writeFileSync(join(folder, 'backups', options.backup), '')
  writeFileSync(files.rules, NO_RULES)
  let running: { readonly ruleBook: RuleBook; readonly backups: Backups } | null = null
  const watcher: HttpRequest = async () => {
    if (!isOnline()) throw new InfraError('http-failed', 'no route')
    return { status: parts.isHeard ? 200 : 503, headers: {}, body: '' }
  }
  const parts: OwnParts = {
    isHeard: true,
    setRules(text) {
      writeFileSync(files.rules, text)
      void running?.ruleBook.follow('owner')
    },
    backUp: () => void running?.backups.take(),
    setCertificate: (pem) => writeFileSync(files.certificate, pem),
    beside(coordinator, clock) {
      const kept = openBackups({
        ...coordinator,
        folder: join(folder, 'backups'),
        keep: 7,
        plan: null,
        backup: store.backup,
        clock,
        log,
      })
      const backups: Backups = {
        ...kept,
        take: () => time.hold(kept.take()),
        kept: () => time.hold(kept.kept()),
      }
      const ruleBook = createRuleBook({ file: files.rules, coordinator, log })
      void ruleBook.follow('coordinator')
      running = { ruleBook, backups }
      const stops = [
        keepWan({ ...coordinator, plan: wan }),
        watchSelf({
          clock,
          coordinator,
          backups,
          channelLacks: channelFaults({ channels }, coordinator),
          endingCertificates: (now) => endingCertificates([files.certificate], now),
          log,
        }),
        startDeadMan({
          clock,
          coordinator,
          http: watcher,
          url: 'https://watcher.example/home',
          period: minutes(15),
        }),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
  return parts
}

/** A certificate for browsers that ends then. */
export const certificateUntil = async (to: number): Promise<string> => {
  const authority = await toyAuthority()
  const { certificate } = await authority.issue({ from: new Date(to - 365 * 86_400_000), to: new Date(to) })
  return certificate
}
