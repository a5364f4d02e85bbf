import { asCount, asList, asObject, asText, parseObject } from './json.ts'

export type Counter = { readonly packets: number; readonly bytes: number }

/** Reads a line of `nft -j -i` that lists counters: by name. @throws InfraError parse-failed */
export const parseCounters = (line: string): ReadonlyMap<string, Counter> => {
  const counters = asList(parseObject(line, 'nft')['nftables']).map((item) => asObject(item['counter']))
  return new Map(
    counters.flatMap((counter) => {
      const name = asText(counter['name'])
      const [packets, bytes] = [asCount(counter['packets']), asCount(counter['bytes'])]
      return name === null || packets === null || bytes === null ? [] : [[name, { packets, bytes }]]
    }),
  )
}
