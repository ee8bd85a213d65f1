/** Every route of a protocol, written out: the gateway passes these on in the protocol's own form. */
import type { ProtocolContract } from './protocol.ts'
import {
  Authorize,
  AuthorizeDevice,
  ContinueAuthorization,
  EndSignIn,
  GetAuthorizationServerMetadata,
  GetOpenidConfiguration,
  GetProtectedResourceMetadata,
  GetUserInfoMetadata,
  Introspect,
  PushAuthorization,
  RegisterClient,
  Revoke,
  Token,
  UserInfo,
} from './tokens/openid-provider.ts'

export const protocolRoutes: readonly ProtocolContract[] = [
  GetOpenidConfiguration,
  GetAuthorizationServerMetadata,
  GetProtectedResourceMetadata,
  GetUserInfoMetadata,
  Authorize,
  PushAuthorization,
  AuthorizeDevice,
  ContinueAuthorization,
  Token,
  UserInfo,
  Revoke,
  Introspect,
  EndSignIn,
  RegisterClient,
]
