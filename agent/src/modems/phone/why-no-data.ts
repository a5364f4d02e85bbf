import type { Registration } from '@infra-home/shared/messages/modem.ts'

/** Why a phone has no data or no network, as far as it tells; null when it does not. */
export const whyNoData = (
  registration: Registration,
  { dataSwitchedOff, why }: { readonly dataSwitchedOff: boolean | null; readonly why: string | null },
): string | null => {
  if (registration !== 'home' && registration !== 'roaming') return why
  return dataSwitchedOff === true ? 'mobile data is switched off on the phone' : why
}
