/**
 * Which addresses scripts of every origin may call (CORS): those of the protocols that say so, and the key set. They
 * take no cookie, so a browser adds nothing of its user's, and a client in a browser (RFC 9700 §2.6, OAuth 2.0 for
 * Browser-Based Apps §6.2) needs no entry in a list of the operator's.
 */
import { protocolRoutes } from '@gatehouse/contracts/http/protocols'
import { GetJwks } from '@gatehouse/contracts/http/tokens/sessions'
import type { FastifyInstance } from 'fastify'

const methodsByPath = new Map<string, string>([
  ...protocolRoutes
    .filter(({ isForScripts }) => isForScripts === true)
    .map(({ path, methods }): [string, string] => [path, methods.join(', ')]),
  [GetJwks.path, GetJwks.method],
])

const readable = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'retry-after, www-authenticate, x-request-id, dpop-nonce',
}
/** Both headers need a preflight; a form does not. */
const sendable = {
  'access-control-allow-headers': 'authorization, content-type, dpop',
  'access-control-max-age': '600',
}

/**
 * Before anything that knows the origins of our own applications, so that a preflight from elsewhere is answered here.
 */
export function allowScripts(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const methods = methodsByPath.get(request.url.split('?', 1)[0] ?? '')
    if (methods === undefined) return done()
    void reply.headers(readable)
    const { origin, 'access-control-request-method': asked } = request.headers
    if (request.method !== 'OPTIONS' || origin === undefined || asked === undefined) return done()
    void reply
      .headers({ ...sendable, 'access-control-allow-methods': methods })
      .code(204)
      .send()
  })
}
