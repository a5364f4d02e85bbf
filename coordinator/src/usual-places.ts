/** Where everything is unless the configuration says otherwise: this machine alone can reach it. */
export const THIS_MACHINE = '127.0.0.1'
export const HTTP_PORT = 8470
export const MQTT_PORT = 1883
export const MQTTS_PORT = 8883
