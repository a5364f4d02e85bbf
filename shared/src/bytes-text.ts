const STEPS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** An amount of data in the largest unit that fits, as plans are sold, by thousands: `512 B`, `1.2 MB`, `137 GB`. @param count bytes */
export const bytesText = (count: number): string => {
  let [size, step] = [count, 0]
  while (size >= 1000 && step < STEPS.length - 1) [size, step] = [size / 1000, step + 1]
  return `${step === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${STEPS[step]}`
}
