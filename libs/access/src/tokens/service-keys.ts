/**
 * Reads the two key settings every service has. Wrong ones are configuration errors, found at start and not at the
 * first call.
 */
import { createPrivateKey } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import {
  createAssertionSigner,
  createAssertionVerifier,
  type AssertionSigner,
  type AssertionVerifier,
} from './assertion.ts'
import { publicKeysOf, type Jwk, type Jwks } from './jwks-source.ts'
import type { Clock } from '@gatehouse/service-kit/context/clock'

type KeySettings = { readonly SERVICE_PRIVATE_KEY: string; readonly SERVICE_JWKS: string }

/** What is wrong with the keys of `service`, one line per setting; absent ones are not judged. */
export function complaintsAboutKeys(
  service: string,
  { SERVICE_PRIVATE_KEY: own, SERVICE_JWKS: all }: { [Name in keyof KeySettings]?: unknown },
): string[] {
  const complaints = [
    typeof own === 'string' ? complaintAboutKey(service, own) : undefined,
    typeof all === 'string' ? complaintAboutSet(all) : undefined,
  ]
  return complaints.filter((one) => one !== undefined)
}

function complaintAboutKey(service: string, text: string): string | undefined {
  const jwk = parsed(text) as Jwk | undefined
  if (jwk === undefined) return 'SERVICE_PRIVATE_KEY is not JSON'
  if (jwk?.kty !== 'EC' || jwk.crv !== 'P-256' || typeof jwk.kid !== 'string')
    return 'SERVICE_PRIVATE_KEY is not a P-256 JWK with a kid'
  if (jwk.kid.split('-', 1)[0] !== service)
    return `SERVICE_PRIVATE_KEY belongs to another service: its kid does not begin with ${service}`
  try {
    createPrivateKey({ key: jwk as never, format: 'jwk' })
    return undefined
  } catch {
    return 'SERVICE_PRIVATE_KEY is not a private key'
  }
}

function complaintAboutSet(text: string): string | undefined {
  const jwks = parsed(text) as Jwks | undefined
  if (jwks === undefined) return 'SERVICE_JWKS is not JSON'
  return Array.isArray(jwks?.keys) && publicKeysOf(jwks).size > 0 ? undefined : 'SERVICE_JWKS holds no P-256 key'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The signer and the verifier of one service. @throws ConfigError */
export function loadServiceKeys(
  service: ServiceName,
  config: KeySettings,
  clock?: Clock,
): { signer: AssertionSigner; verifier: AssertionVerifier } {
  const errors = complaintsAboutKeys(service, config)
  if (errors.length > 0)
    throw Object.assign(new Error(`Configuration is not valid:\n  ${errors.join('\n  ')}`), {
      name: 'ConfigError',
      errors,
    })
  const privateJwk = JSON.parse(config.SERVICE_PRIVATE_KEY) as Jwk
  const jwks = JSON.parse(config.SERVICE_JWKS) as Jwks
  const timing = clock ? { clock } : {}
  return {
    signer: createAssertionSigner({ service, privateJwk, ...timing }),
    verifier: createAssertionVerifier({ service, jwks, ...timing }),
  }
}
