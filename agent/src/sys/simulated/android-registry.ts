import { hasService, type ModemWorld, type SimulatedRadio } from './modem-world.ts'

/** How a phone prints `dumpsys telephony.registry`: as Android 9 and before, as 10 (tenths of a dB), or as 11 and later. */
export type RegistryFormat = 'android9' | 'android10' | 'android12'

const UNKNOWN = 2_147_483_647

/** A slot's block, followed by what stands there of the phone as a whole. */
export const registryBlock = (world: ModemWorld, format: RegistryFormat): string => {
  const lines = [
    'mCallState=0',
    `mServiceState=${format === 'android9' ? oldService(world) : newService(world)}`,
    ...(format === 'android9' ? [] : ['mVoiceActivationState= 0', 'mUserMobileDataState= true']),
    `mSignalStrength=${signal(world, format)}`,
    'mMessageWaiting=false',
    'mDataActivity=0',
    `mDataConnectionState=${SESSIONS[hasService(world) ? world.connection : 'disconnected']}`,
  ]
  return lines.map((line) => `    ${line}\n`).join('')
}

const SESSIONS = { connected: 2, connecting: 1, disconnected: 0, denied: 0 } as const

const oldService = (world: ModemWorld): string => {
  const [name, plmn] = hasService(world) ? [world.operator, world.plmn] : [null, null]
  const [state, rat] = hasService(world) ? [0, 'LTE'] : [1, 'Unknown']
  const roams = world.roaming ? 'roaming' : 'home'
  const names = `${name} ${name} ${plmn} ${name} ${name} ${plmn}`
  return `${state} ${state} voice ${roams} data ${roams} ${names}  ${rat} ${rat} CSS not supported -1 -1 RoamInd=-1 DefRoamInd=-1 EmergOnly=false`
}

const newService = (world: ModemWorld): string => {
  const serves = hasService(world)
  const state = serves ? '0(IN_SERVICE)' : '1(OUT_OF_SERVICE)'
  const name = serves ? world.operator : null
  const rat = serves ? '14(LTE)' : '0(Unknown)'
  return (
    `{mVoiceRegState=${state}, mDataRegState=${state}, mChannelNumber=3025, duplexMode()=1, mOperatorAlphaLong=${name}, ` +
    `mOperatorAlphaShort=${name}, getRilVoiceRadioTechnology=${rat}, getRilDataRadioTechnology=18(IWLAN), ` +
    `mNetworkRegistrationInfos=[NetworkRegistrationInfo{ domain=PS transportType=WLAN registrationState=HOME roamingType=NOT_ROAMING ` +
    `accessNetworkTechnology=IWLAN rejectCause=0 cellIdentity=null }, ${network(world)}], mNrFrequencyRange=0}`
  )
}

const network = (world: ModemWorld): string => {
  const { radio, connection, roaming, plmn } = world
  const head = 'NetworkRegistrationInfo{ domain=PS transportType=WWAN registrationState='
  if (!radio || !hasService(world)) {
    const [state, cause] = radio && connection === 'denied' ? ['DENIED', 13] : ['NOT_REG_SEARCHING', 0]
    return `${head}${state} roamingType=NOT_ROAMING accessNetworkTechnology=UNKNOWN rejectCause=${cause} cellIdentity=null rRplmn=}`
  }
  const [state, roams] = roaming ? ['ROAMING', 'INTERNATIONAL'] : ['HOME', 'NOT_ROAMING']
  return (
    `${head}${state} roamingType=${roams} accessNetworkTechnology=LTE rejectCause=0 cellIdentity=CellIdentityLte:{ ` +
    `mCi=${radio.cellId} mPci=${radio.pci} mTac=4 mEarfcn=3025 mBands=[${radio.band}] mMcc=${plmn.slice(0, 3)} mMnc=${plmn.slice(3)} } ` +
    `nrState=**** rRplmn=${plmn}}`
  )
}

const signal = ({ radio }: ModemWorld, format: RegistryFormat): string => {
  const { rsrpDbm, rsrqDb, sinrDb, rssiDbm } = radio ?? NO_RADIO
  const rsrp = rsrpDbm ?? UNKNOWN
  const rsrq = rsrqDb ?? UNKNOWN
  const tenths = sinrDb === null ? UNKNOWN : sinrDb * 10
  if (format === 'android9')
    return `SignalStrength: 99 0 -120 -160 -120 -1 -1 ${rssiDbm === null ? 99 : (rssiDbm + 113) / 2} ${rsrp} ${rsrq} ${tenths} ${UNKNOWN} ${UNKNOWN} gsm|lte`
  const lte = `mLte=CellSignalStrengthLte: rssi=${rssiDbm ?? UNKNOWN} rsrp=${rsrp} rsrq=${rsrq}`
  const nr = `mNr=CellSignalStrengthNr:{ csiRsrp = ${UNKNOWN} ssRsrp = ${UNKNOWN} ssSinr = ${UNKNOWN} level = 0 },primary=CellSignalStrengthLte`
  if (format === 'android10')
    return `SignalStrength:{mCdma=CellSignalStrengthCdma: cdmaDbm=${UNKNOWN} level=0,${lte} rssnr=${tenths} cqi=${UNKNOWN} ta=${UNKNOWN} level=3,${nr}}`
  return `SignalStrength:{mCdma=Invalid,mGsm=Invalid,${lte} rssnr=${sinrDb ?? UNKNOWN} cqiTableIndex=1 cqi=${UNKNOWN} ta=1 level=3 parametersUseForLevel=0,${nr},SignalBarInfo{ lteLevel=3 },rat=14,mMaxLevel=4}`
}

const NO_RADIO: Pick<SimulatedRadio, 'rsrpDbm' | 'rsrqDb' | 'sinrDb' | 'rssiDbm'> = {
  rsrpDbm: null,
  rsrqDb: null,
  sinrDb: null,
  rssiDbm: null,
}
