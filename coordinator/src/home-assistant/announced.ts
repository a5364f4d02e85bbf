import { checker } from '@infra-home/shared/problem.ts'
import * as Type from 'typebox'
import type { Store } from '../db/store.ts'
import type { Components } from './discovery-of.ts'

/** What Home Assistant was told of one device, and where: for the day on which it has to be taken back. */
const Announced = Type.Record(
  Type.String(),
  Type.Object({
    state: Type.String(),
    components: Type.Record(Type.String(), Type.Enum(['sensor', 'binary_sensor'])),
  }),
)

/** By the topic of its configuration. */
export type Announced = Record<string, { readonly state: string; readonly components: Components }>

const KEY = 'home-assistant'
const problemsIn = checker(Announced)

export type AnnouncedStore = Pick<Store, 'get' | 'set'>

/** What was announced before this start; nothing when what is kept cannot be read. */
export const readAnnounced = async (store: AnnouncedStore): Promise<Announced> => {
  const text = await store.get(KEY)
  if (text === null) return {}
  const kept = JSON.parse(text) as Announced
  return problemsIn(kept).length === 0 ? kept : {}
}

export const keepAnnounced = (store: AnnouncedStore, announced: Announced): Promise<void> =>
  store.set(KEY, Object.keys(announced).length === 0 ? null : JSON.stringify(announced))
