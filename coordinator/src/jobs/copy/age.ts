/** age's own library costs 20 MB: it is loaded when there is something to encrypt. */
export const loadAge = () => import('age-encryption')
