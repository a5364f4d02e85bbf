import * as Type from 'typebox'
import { Name } from '../names.ts'
import { PUBLIC_KEY_PATTERN } from '../seal/signature.ts'
import { BackupWish } from './backup.ts'
import { enveloped, orNull } from './envelope.ts'
import { WanWish } from './wan.ts'
import { Witness } from './witness.ts'

const PublicKey = Type.String({ pattern: PUBLIC_KEY_PATTERN })

export const Approver = Type.Object({
  name: Name,
  /** `TYPE BASE64`. */
  key: Type.String({ maxLength: 512, pattern: '^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$' }),
})
const APPROVERS = { minItems: 1, maxItems: 16 } as const
export const MOST_LISTS = 64
/** As `followLists` reads them; a list has its approvers in order of name and key. */
export const ApproverList = Type.Object({
  approvers: Type.Array(Approver, APPROVERS),
  signature: orNull(Type.String({ maxLength: 4096 })),
})

/** As a node keeps the list that it was led to. */
export const PinnedApproverList = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  hash: Type.String({ pattern: '^SHA256:[A-Za-z0-9+/]{43}$' }),
  approvers: Type.Array(Approver, APPROVERS),
})

/** Every kind of lasting wish and its body. */
export const WISHES = {
  /** Whose signature approves: people, by their SSH keys (`TYPE BASE64`); every list there was, each signed by the one before. */
  approvers: Type.Object({ lists: Type.Array(ApproverList, { maxItems: MOST_LISTS }) }),
  backup: BackupWish,
  /** How often to sample and how often to repeat unchanged state, in milliseconds. */
  cadence: Type.Object({
    sampleMs: Type.Integer({ minimum: 1000, maximum: 3_600_000 }),
    refreshMs: Type.Integer({ minimum: 10_000, maximum: 86_400_000 }),
  }),
  /** Whose signature counts from now on. */
  keys: Type.Object({
    endorsements: Type.Array(
      Type.Object({ site: Name, key: PublicKey, by: PublicKey, signature: orNull(Type.String()) }),
      { maxItems: 64 },
    ),
    retired: Type.Array(PublicKey, { maxItems: 64 }),
  }),
  /** The uplinks of this router, and who may use them. */
  wan: WanWish,
  /** What the coordinator's journal ends with: to be kept. */
  witness: Witness,
} as const

export type WishKind = keyof typeof WISHES
export type WishBody = { [K in WishKind]: Type.Static<(typeof WISHES)[K]> }
export const isWishKind = (kind: string): kind is WishKind => Object.hasOwn(WISHES, kind)

/**
 * What the coordinator lastingly wants of a node; it carries no boot and no expiry. A null body takes the wish back.
 * Topic: want/<kind>, retained, QoS 1.
 */
export const wantMessage = <K extends WishKind>(kind: K) =>
  Type.Object({
    site: Name,
    node: Name,
    epoch: Type.Integer({ minimum: 1 }),
    generation: Type.Integer({ minimum: 1 }),
    body: orNull(WISHES[kind]),
    signature: orNull(Type.String()),
  })
export type WantMessage<K extends WishKind = WishKind> = {
  readonly site: string
  readonly node: string
  readonly epoch: number
  readonly generation: number
  readonly body: WishBody[K] | null
  readonly signature: string | null
}

/** The generation of a wish that the node has applied. Topic: have/<kind>, retained, QoS 1. */
export const HaveMessage = enveloped({
  epoch: Type.Integer({ minimum: 1 }),
  generation: Type.Integer({ minimum: 1 }),
  /** With `have/witness`: the newest that the node kept before this one; null for none. */
  witness: Type.Optional(orNull(Witness)),
})
export type HaveMessage = Type.Static<typeof HaveMessage>
