import { BlockList, isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { HttpOptions, Scope } from '../context.ts'
import { Problem } from '../problem.ts'
import type { Admission } from './admission.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a token must reach to use the route; `none` for what says nothing of the home. */
    scope?: Scope | 'none'
  }
  interface FastifyRequest {
    /** The owner of the token that came with the request. */
    owner: string
    /** What the token reaches; null without one. */
    scopes: readonly Scope[] | null
  }
}

/** Decides who may ask what: the host's name, the network, the token and its scope. A route that declares no scope is closed. */
export const access = (app: FastifyInstance, admit: Admission, options: HttpOptions): void => {
  const mayRead = mayReadFrom(options)
  const knowsHost = hostCheck(options)
  app.decorateRequest('owner', '')
  app.decorateRequest('scopes', null)
  const check = (request: FastifyRequest): void => {
    const { host } = request.headers
    if (!knowsHost(host)) throw new Problem('unknown-host', host?.slice(0, 253) ?? 'no host')
    const { scope } = request.routeOptions.config
    if (request.is404 || scope === 'none') return
    const bearer = admit(request, scope)
    if (bearer) Object.assign(request, { owner: bearer.owner, scopes: bearer.scopes })
    else if (scope !== 'read' || !mayRead(request.ip))
      throw new Problem('unauthenticated', `scope ${scope ?? 'admin'} is needed`)
  }
  // with a callback: a promise for every request would be felt
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-content-type-options', 'nosniff')
    try {
      check(request)
    } catch (error) {
      return done(error as Problem)
    }
    done()
  })
}

/** True for an address from which reads need no token: loopback, and what the configuration names. */
export const mayReadFrom = ({ readNetworks }: HttpOptions): ((address: string) => boolean) =>
  networks(['127.0.0.0/8', '::1/128', ...readNetworks])

/** True for an address in one of `list` (address/prefix). */
const networks = (list: readonly string[]): ((address: string) => boolean) => {
  const blocks = new BlockList()
  for (const network of list) {
    const [base = '', prefix] = network.split('/')
    const whole = isIP(base) === 6 ? 128 : 32 // an address alone is itself, not everybody
    if (isIP(base)) blocks.addSubnet(base, Number(prefix ?? whole), isIP(base) === 6 ? 'ipv6' : 'ipv4')
  }
  return (address) => {
    const plain = address.replace(/^::ffff:/, '')
    return isIP(plain) !== 0 && blocks.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }
}

/** True when the Host header names us: a page elsewhere whose name was rebound to our address does not. */
export const hostCheck = ({ host, allowedHosts }: HttpOptions): ((header: string | undefined) => boolean) => {
  const names = ['localhost', '127.0.0.1', '::1', host, ...allowedHosts].map((name) => name.toLowerCase())
  const known = new Set(names.map((name) => (isIP(name) === 6 ? `[${name}]` : name)))
  return (header) => header !== undefined && known.has(header.toLowerCase().replace(/:\d+$/, ''))
}
