/**
 * A device that has no browser asks for a code (RFC 8628 §3.1): it shows one to its person and polls with the other.
 */
import { randomInt } from 'node:crypto'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { deviceCodeGrant, scopesWithin } from '../../domain/oauth/grant-types.ts'
import { grantedScope, parseScope } from '../../domain/oauth/scopes.ts'
import { mintUserCode, shownUserCode } from '../../domain/oauth/user-code.ts'
import { insertDeviceAuthorization } from '../../store/device-authorizations.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { authenticateClient, type Presented } from './authenticate-client.ts'
import type { FindClientDeps } from './find-client.ts'
import { requireOrganizationNamed } from './organization-named.ts'
import { requireGrant } from './require-grant.ts'

export const deviceCodePrefix = 'gtdv_'
/** Long enough to find another screen and to sign in there. */
const lifetimeSeconds = 600
/** RFC 8628 §3.2. */
const intervalSeconds = 5
/** Two live codes are the same once in millions of times; several times in a row never. */
const mostDraws = 5

type Asked = {
  device_code: string
  user_code: string
  verification_uri: string
  verification_uri_complete: string
  expires_in: number
  interval: number
}
type DeviceDeps = FindClientDeps & Pick<Deps, 'following' | 'deviceUrl'>

/** @throws OAuthError `invalid_client`, `unauthorized_client`, `invalid_scope`, `invalid_request` */
export async function authorizeDevice(
  deps: DeviceDeps,
  { presented, clientAddress }: { presented: Presented; clientAddress: string | undefined },
): Promise<Asked> {
  const client = await authenticateClient(deps, presented)
  requireGrant(client, deviceCodeGrant)
  const { secret, hash } = mintSecret(deviceCodePrefix)
  const userCode = await insertWithUserCode(deps, {
    id: newId('dva'),
    hash,
    clientId: client.id,
    scope: scopeOf(client, presented),
    wantedOrganizationId: (await requireOrganizationNamed(deps, presented.parameters)) ?? null,
    clientAddress: clientAddress ?? null,
    intervalSeconds,
    lifetimeSeconds,
  })
  const complete = new URL(deps.deviceUrl)
  complete.searchParams.set('user_code', shownUserCode(userCode))
  return {
    device_code: secret,
    user_code: shownUserCode(userCode),
    verification_uri: deps.deviceUrl,
    verification_uri_complete: complete.href,
    expires_in: lifetimeSeconds,
    interval: intervalSeconds,
  }
}

async function insertWithUserCode(
  { system }: DeviceDeps,
  row: Omit<Parameters<typeof insertDeviceAuthorization>[1], 'userCode'>,
): Promise<string> {
  for (let draw = 1; draw <= mostDraws; draw++) {
    const userCode = mintUserCode(randomInt)
    if (await insertDeviceAuthorization(system, { ...row, userCode })) return userCode
  }
  throw new Error('No user code is free')
}

function scopeOf(client: OAuthClient, { parameters }: Presented): string[] {
  const asked = parseScope(parameters.get('scope') ?? '')
  const scope = grantedScope(asked ?? [], scopesWithin(client))
  if (scope.length === 0)
    throw oauthError('invalid_scope', { description: 'None of the scopes is registered for this client.' })
  return scope
}
