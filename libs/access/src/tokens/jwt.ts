/**
 * Verifying a JWT the only way this platform does: ES256, an exact `typ`, a key chosen by `kid` from keys we already trust. `@fastify/jwt` reads the
 * token and checks its signature, in a namespace for each kind of token; what it has no option for is checked here, before it sees the token.
 * A header that offers a key of its own (`jwk`, `jku`, `x5u`, `x5c`) or any member we do not know is refused before its signature is looked at (RFC 8725 §3).
 */
import type { KeyObject } from 'node:crypto'
import { fastifyJwt, type FastifyJwtNamespace, type TokenOrHeader } from '@fastify/jwt'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isCanonicalSignature } from './es256.ts'

type Namespace = 'accessToken' | 'assertion'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    namespaces: Namespace
  }
}
declare module 'fastify' {
  interface FastifyRequest
    extends FastifyJwtNamespace<{ namespace: 'accessToken' }>, FastifyJwtNamespace<{ namespace: 'assertion' }> {}
}

export type JwtHeader = { readonly alg: 'ES256'; readonly typ: string; readonly kid: string }
type Claims = Readonly<Record<string, unknown>>

/** One kind of token. */
export type JwtKind = {
  /** Registers `@fastify/jwt` on a server whose requests bring such tokens. */
  install(app: FastifyInstance): void
  /**
   * The claims of a token of this kind that is correctly signed, with the `kid` of its key; undefined for every other text.
   * Times, issuer and audience are the caller's to check: they need its clock. What `keyFor` throws is thrown.
   */
  read(token: string, request: FastifyRequest): Promise<{ claims: Claims; kid: string } | undefined>
}

export function createJwtKind(o: {
  namespace: Namespace
  typ: string
  /** The trusted public key of that name. */
  keyFor(kid: string): KeyObject | undefined | Promise<KeyObject | undefined>
}): JwtKind {
  const { namespace, typ, keyFor } = o
  /** A request may bring two kinds, and the gateway exchanges what was brought: each kind is told which text it is. */
  const presented = new WeakMap<FastifyRequest, string>()

  const secret = async (_request: FastifyRequest, token: TokenOrHeader): Promise<string> => {
    const { kid } = ('header' in token ? token.header : token) as JwtHeader
    const key = await keyFor(kid)
    if (key === undefined) throw new Error('unknown kid')
    return pemOf(key)
  }
  return {
    install: (app) =>
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
          extractToken: (request) => presented.get(request),
        },
      }),
    async read(token, request) {
      const header = readHeader(token, typ)
      if (header === undefined) return undefined
      presented.set(request, token)
      try {
        return { claims: await request[`${namespace}JwtVerify`]<Claims>(), kid: header.kid }
      } catch (err) {
        if (isAppError(err)) throw err
        return undefined
      }
    },
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

const headerMembers = new Set(['alg', 'typ', 'kid'])
/** Three non-empty base64url parts: unsigned tokens do not even match. */
const compactForm = /^[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{2,6144}\.[A-Za-z0-9_-]{86}$/

/**
 * The header, if the token has the one form that is accepted: each part in canonical base64url, the header without a space, an escape or a member
 * twice. So a token has one spelling, and two readers of it read the same.
 */
function readHeader(token: string, typ: string): JwtHeader | undefined {
  if (!compactForm.test(token)) return undefined
  const [head = '', payload = '', signature = ''] = token.split('.')
  if (!isCanonicalSignature(signature) || !isCanonical(payload)) return undefined
  const header = parseObject(head)
  if (header === undefined || base64url(JSON.stringify(header)) !== head) return undefined
  if (Object.keys(header).some((member) => !headerMembers.has(member))) return undefined
  const { alg, kid } = header
  if (alg !== 'ES256' || header['typ'] !== typ || typeof kid !== 'string' || kid.length > 128) return undefined
  return { alg, typ, kid }
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url')
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part

function parseObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
