// Stands in a bundle for a dependency of mqtt.js that an agent never uses.
export default undefined
export const SocksClient = undefined
