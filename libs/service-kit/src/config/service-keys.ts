/** Reads the two key settings every service has. Wrong ones are configuration errors, found at start and not at the first call. */
import { createPrivateKey } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { createAssertionSigner, createAssertionVerifier, type AssertionSigner, type AssertionVerifier } from '../http/assertion.ts'
import { publicKeysOf, type Jwk, type Jwks } from '../http/jwks-source.ts'
import type { Clock } from '../context/clock.ts'

const configError = (text: string) => Object.assign(new Error(`Configuration is not valid:\n  ${text}`), { name: 'ConfigError', errors: [text] })

function json(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw configError(`${name} is not JSON`)
  }
}

/** The signer and the verifier of one service. @throws ConfigError */
export function loadServiceKeys(
  service: ServiceName,
  config: { readonly SERVICE_PRIVATE_KEY: string; readonly SERVICE_JWKS: string },
  clock?: Clock,
): { signer: AssertionSigner; verifier: AssertionVerifier } {
  const privateJwk = json('SERVICE_PRIVATE_KEY', config.SERVICE_PRIVATE_KEY) as Jwk
  const jwks = json('SERVICE_JWKS', config.SERVICE_JWKS) as Jwks
  if (privateJwk?.kty !== 'EC' || privateJwk.crv !== 'P-256' || typeof privateJwk.kid !== 'string') throw configError('SERVICE_PRIVATE_KEY is not a P-256 JWK with a kid')
  if (privateJwk.kid.split('-', 1)[0] !== service) throw configError(`SERVICE_PRIVATE_KEY belongs to another service: its kid does not begin with ${service}`)
  if (!Array.isArray(jwks?.keys) || publicKeysOf(jwks).size === 0) throw configError('SERVICE_JWKS holds no P-256 key')
  try {
    createPrivateKey({ key: privateJwk as never, format: 'jwk' })
  } catch {
    throw configError('SERVICE_PRIVATE_KEY is not a private key')
  }
  const timing = clock ? { clock } : {}
  return { signer: createAssertionSigner({ service, privateJwk, ...timing }), verifier: createAssertionVerifier({ service, jwks, ...timing }) }
}
