// Node's own streams instead of the copy that mqtt.js carries for browsers.
export * from 'node:stream'
export { default } from 'node:stream'
