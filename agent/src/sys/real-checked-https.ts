import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { InfraError } from '@infra-home/shared/errors.ts'
import { fingerprintOf } from '@infra-home/shared/seal/certificate.ts'
import { chainFault, FAULTS } from '../identity/chain-fault.ts'

/** Who must answer: the authority itself (PEM), or its fingerprint (`sha256:` and 64 hexadecimal digits) before it is known. */
export type Pin = { readonly authority: string } | { readonly fingerprint: string }

export type Answer = { readonly status: number; readonly value: unknown }

const PATIENCE_MS = 20_000
const MOST_BYTES = 262_144

/**
 * POSTs JSON to the coordinator's API. Nothing is sent before its certificate was found to be the coordinator's by the pin; dates
 * are not looked at.
 * @throws InfraError http-failed, http-timeout
 */
export const postChecked = async (url: string, pin: Pin, body: object): Promise<Answer> => {
  const { hostname, port, pathname } = new URL(url)
  const at = { host: hostname.replaceAll(/^\[|\]$/g, ''), port: Number(port || 443) }
  const socket = await connectChecked(at, pin)
  try {
    const { status, text } = await post(socket, { host: `${hostname}:${at.port}`, path: pathname, body })
    return { status, value: parse(text, url) }
  } finally {
    socket.destroy()
  }
}

type Place = { readonly host: string; readonly port: number }

/** Connects by TLS; resolves when whoever answers is the coordinator. @throws InfraError http-failed */
export const connectChecked = ({ host, port }: Place, pin: Pin): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      socket.destroy()
      reject(new InfraError('http-failed', `${host}:${port}: ${why}`))
    }
    const socket = process.getBuiltinModule('node:tls').connect({
      host,
      port,
      servername: 'coordinator',
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false, // judged below, by the pin
    })
    socket.setTimeout(PATIENCE_MS, () => fail(`no answer within ${PATIENCE_MS / 1000} s`))
    socket.once('error', (error) => fail(error.message))
    socket.once('secureConnect', () => {
      const authority = authorityOf(socket, pin)
      if (typeof authority === 'string') return fail(authority)
      const fault = chainFault(socket.getPeerX509Certificate(), authority, 'coordinator')
      if (fault) return fail(`is not the coordinator: ${FAULTS[fault]}`)
      resolve(socket)
    })
  })

/** The authority to judge by; a sentence when the server has shown another one than was pinned. */
const authorityOf = (socket: TLSSocket, pin: Pin): X509Certificate | string => {
  if ('authority' in pin) return new X509Certificate(pin.authority)
  const { issuerCertificate: shown } = socket.getPeerCertificate(true)
  if (!shown) return 'shows no authority: is this a coordinator’s address?'
  const found = fingerprintOf(shown)
  return found === pin.fingerprint
    ? new X509Certificate(shown.raw)
    : `shows the authority ${found}, but the line that was pasted says ${pin.fingerprint}: somebody is in between, or it is another home’s`
}

type Asked = { readonly host: string; readonly path: string; readonly body: object }

const post = (socket: TLSSocket, { host, path, body }: Asked): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body)
    const request = process.getBuiltinModule('node:http').request({
      createConnection: () => socket,
      method: 'POST',
      path,
      headers: {
        host,
        accept: 'application/json',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      },
    })
    const failed = (error: Error): void => reject(new InfraError('http-failed', `${host}: ${error.message}`))
    request.on('error', failed)
    request.on('response', (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > MOST_BYTES) request.destroy(new Error(`more than ${MOST_BYTES} bytes`))
        else parts.push(part)
      })
      response.on('error', failed)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      )
    })
    request.end(text)
  })

const parse = (text: string, url: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InfraError('http-failed', `${url}: the answer is not JSON`, { cause })
  }
}
