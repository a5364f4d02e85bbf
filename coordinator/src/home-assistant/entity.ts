/** What an entity shows: null is unknown; `ON` and `OFF` are what Home Assistant takes for true and false. */
export type Shown = string | number | null

/** How Home Assistant treats a value; the words are those of its documentation. */
export type Look = {
  readonly device_class?: string
  readonly unit_of_measurement?: string
  readonly state_class?: 'measurement' | 'total_increasing'
  readonly entity_category?: 'diagnostic'
  readonly options?: readonly string[]
  readonly icon?: string
}

/** One value of a device: a sensor or a binary sensor. */
export type Entity = {
  /** Letters, digits, hyphens and underscores: the member of the device's state, and the end of the unique id. */
  readonly id: string
  readonly platform: 'sensor' | 'binary_sensor'
  readonly name: string
  readonly look: Look
  readonly value: Shown
  /** It says something even while its device is not to be believed, such as that it is lost. */
  readonly always: boolean
}

/** What Home Assistant shows as one device. */
export type Device = {
  readonly id: string
  readonly name: string
  readonly model: string
  readonly version: string | null
  /** The device that this one belongs to; null for the home itself. */
  readonly via: string | null
  /** False while all of it is stale: then its entities are unavailable. */
  readonly available: boolean
  readonly entities: readonly Entity[]
}

type More = Look & { readonly always?: boolean }

const entity =
  (platform: Entity['platform']) =>
  (id: string, name: string, value: Shown, { always = false, ...look }: More = {}): Entity => ({
    id,
    platform,
    name,
    look,
    value,
    always,
  })

/** A number or a word. */
export const sensor = entity('sensor')

/** True, false or unknown. */
export const flag = (id: string, name: string, value: boolean | null, more: More = {}): Entity =>
  entity('binary_sensor')(id, name, value === null ? null : value ? 'ON' : 'OFF', more)

/** One word of a closed list. */
export const choice = (
  id: string,
  name: string,
  { value, options }: { readonly value: string | null; readonly options: readonly string[] },
  more: More = {},
): Entity => sensor(id, name, value, { device_class: 'enum', options, ...more })

/** For the pages behind the first one. */
export const DIAGNOSTIC = { entity_category: 'diagnostic' } as const

/**
 * A name of the kernel's (eth0.10) in the letters that an id may have, and no other name's: what is not a letter, a digit or a hyphen
 * is an underscore and its number.
 */
export const idOf = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9-]/g, (letter) => `_${letter.charCodeAt(0).toString(16)}`)

/** So many digits behind the point: a digit that nobody reads is a message that nobody needs. */
export const rounded = (value: number | null | undefined, digits = 0): number | null =>
  typeof value === 'number' ? Number(value.toFixed(digits)) : null

/** Whole megabytes. */
export const megabytes = (bytes: number | null | undefined): number | null =>
  rounded(typeof bytes === 'number' ? bytes / 1e6 : null)

/** A part of a whole in whole percent. */
export const percent = (part: number | null | undefined, whole: number | null | undefined): number | null =>
  typeof part === 'number' && typeof whole === 'number' && whole > 0 ? rounded((part / whole) * 100) : null

/** Home Assistant keeps no longer states. */
const LONGEST_STATE = 255

export const words = (text: string | null): string | null => text?.slice(0, LONGEST_STATE) ?? null
