/** Passkeys: of the signed-in person, and as the first factor of a sign-in. */
import { deviceHeader } from '@gatehouse/contracts/common/services'
import {
  AddPasskey,
  BeginPasskey,
  GetPasskeyOptions,
  ListMyPasskeys,
  RemovePasskey,
  RenamePasskey,
  SignInWithPasskey,
} from '@gatehouse/contracts/http/identity/passkeys'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { addPasskey, beginPasskey } from '../use-cases/passkeys/add-passkey.ts'
import { listMyPasskeys, removePasskey, renameMyPasskey } from '../use-cases/passkeys/manage-passkeys.ts'
import { passkeyOptions } from '../use-cases/passkeys/passkey-options.ts'
import { signInWithPasskey } from '../use-cases/passkeys/sign-in-with-passkey.ts'
import { clientOf } from './requester.ts'

export function passkeysRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetPasskeyOptions, ({ body, request }) =>
    passkeyOptions(deps, { challenge: body.challenge, browser: clientOf(request).browser }),
  )
  bindRoute(app, SignInWithPasskey, async ({ body, request, reply }) => {
    const { credential, organization_id: organizationId } = body
    const { deviceToken: presentedDevice, browser } = clientOf(request)
    const given = { credential, organizationId, deviceToken: presentedDevice, browser }
    const { result, deviceToken } = await signInWithPasskey(deps, given)
    if (deviceToken !== undefined) void reply.header(deviceHeader, deviceToken)
    return result
  })
  bindRoute(app, BeginPasskey, ({ caller }) => beginPasskey(deps, caller))
  bindRoute(app, AddPasskey, ({ caller, body }) => addPasskey(deps, caller, body))
  bindRoute(app, ListMyPasskeys, ({ caller }) => listMyPasskeys(deps, caller))
  bindRoute(app, RenamePasskey, ({ caller, params, body }) =>
    renameMyPasskey(deps, caller, { id: params.passkey, name: body.name }),
  )
  bindRoute(app, RemovePasskey, ({ caller, params }) => removePasskey(deps, caller, params.passkey))
}
