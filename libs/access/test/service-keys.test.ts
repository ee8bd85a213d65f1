/** A service's own key and the keys of all: wrong ones are found at start. */
import t from 'tap'
import { generateServiceKey } from '../src/tokens/assertion.ts'
import { complaintsAboutKeys, loadServiceKeys } from '../src/tokens/service-keys.ts'

t.test('wrong keys are told one line each', async (t) => {
  t.match(complaintsAboutKeys('orgs', { SERVICE_PRIVATE_KEY: '{"kty":"EC"}', SERVICE_JWKS: '[' }), [
    /^SERVICE_PRIVATE_KEY is not a P-256 JWK/,
    'SERVICE_JWKS is not JSON',
  ])
})

t.test('keys of the wrong kind or of another service are configuration errors', async (t) => {
  const own = generateServiceKey('orgs')
  const jwks = JSON.stringify({ keys: [own.publicJwk] })
  t.ok(loadServiceKeys('orgs', { SERVICE_PRIVATE_KEY: JSON.stringify(own.privateJwk), SERVICE_JWKS: jwks }))
  const refused = (key: string, set: string, expected: RegExp) =>
    t.throws(() => loadServiceKeys('orgs', { SERVICE_PRIVATE_KEY: key, SERVICE_JWKS: set }), { message: expected })
  refused('nonsense', jwks, /SERVICE_PRIVATE_KEY is not JSON/)
  refused(JSON.stringify(own.publicJwk), jwks, /not a private key/)
  refused(JSON.stringify(generateServiceKey('tokens').privateJwk), jwks, /another service/)
  refused(JSON.stringify(own.privateJwk), '{"keys":[]}', /SERVICE_JWKS holds no P-256 key/)
})
