/** Signing keys, for operators. */
import { ListSigningKeys, RotateSigningKey, VoidSigningKey } from '@gatehouse/contracts/http/tokens/signing-keys'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listManagedKeys, rotateSigningKey, voidKey } from '../use-cases/keys/manage-signing-keys.ts'

export function signingKeysRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListSigningKeys, ({ caller }) => listManagedKeys(deps, caller))
  bindRoute(app, RotateSigningKey, ({ caller, body }) => rotateSigningKey(deps, caller, body))
  bindRoute(app, VoidSigningKey, ({ caller, params, body }) =>
    voidKey(deps, caller, { kid: params.signing_key, reason: body.reason }),
  )
}
