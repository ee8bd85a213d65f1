/**
 * Verifies signatures by `@fastify/jwt`, in a namespace for each kind of token. A request may bring both kinds, and the
 * gateway exchanges what was brought for another: the plugin is told which text is meant and looks into no header
 * itself.
 */
import type { KeyObject } from 'node:crypto'
import { fastifyJwt, type FastifyJwtNamespace, type TokenOrHeader } from '@fastify/jwt'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { JwtKind, ReadSigned } from '../tokens/jwt.ts'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    namespaces: JwtKind['namespace']
  }
}
/**
 * The text that is meant, on the request itself: a weak map of requests would keep each of them from being collected
 * young.
 */
const presentedKey: unique symbol = Symbol('presented token')

declare module 'fastify' {
  interface FastifyRequest
    extends FastifyJwtNamespace<{ namespace: 'accessToken' }>, FastifyJwtNamespace<{ namespace: 'assertion' }> {
    [presentedKey]?: string
  }
}

/** For a server whose requests bring tokens of that kind. */
export function installJwt(app: FastifyInstance, { namespace, typ, keyFor }: JwtKind): void {
  const secret = async (_request: FastifyRequest, token: TokenOrHeader): Promise<string> => {
    const { kid } = 'header' in token ? token.header : token
    const key = await keyFor(String(kid))
    if (key === undefined) throw new Error('unknown kid')
    return pemOf(key)
  }
  void app.register(fastifyJwt, {
    namespace,
    decoratorName: 'jwtClaims',
    secret,
    decode: { complete: true },
    verify: {
      algorithms: ['ES256'],
      checkTyp: typ,
      ignoreExpiration: true,
      ignoreNotBefore: true,
      extractToken: (request) => request[presentedKey],
    },
  })
}

/** How a verifier reads signed claims in this request. */
export const signedIn =
  (request: FastifyRequest): ReadSigned =>
  async ({ namespace }, token) => {
    request[presentedKey] = token
    try {
      return await request[`${namespace}JwtVerify`]<Record<string, unknown>>()
    } catch (err) {
      if (isAppError(err)) throw err
      return undefined
    }
  }

/** The plugin keeps a verifier for each text of a key, so that the same key has to be the same text. */
const pems = new WeakMap<KeyObject, string>()

function pemOf(key: KeyObject): string {
  const known = pems.get(key)
  if (known !== undefined) return known
  const pem = key.export({ type: 'spki', format: 'pem' }).toString()
  pems.set(key, pem)
  return pem
}
