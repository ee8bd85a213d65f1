/** What the provider is and can do (OpenID Connect Discovery 1.0 §3, RFC 8414 §2). What is not named is not there. */
import {
  Authorize,
  AuthorizeDevice,
  EndSignIn,
  Introspect,
  PushAuthorization,
  RegisterClient,
  Revoke,
  Token,
  UserInfo,
} from '@gatehouse/contracts/http/tokens/openid-provider'
import { GetJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { assertionAlgs } from '../../crypto/client-keys.ts'
import type { Deps } from '../../deps.ts'
import { knownAcr } from '../../domain/oauth/authorization-request.ts'
import { grantTypes } from '../../domain/oauth/grant-types.ts'
import { openidScopes } from '../../domain/oauth/scopes.ts'
import { signingAlgs } from '../../domain/signing-key-plan.ts'
import { resourcesOf } from './describe-resources.ts'

const confidential = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
const clientAuthentication = {
  token_endpoint_auth_methods_supported: [...confidential, 'none'],
  token_endpoint_auth_signing_alg_values_supported: [...assertionAlgs],
  revocation_endpoint_auth_methods_supported: [...confidential, 'none'],
  revocation_endpoint_auth_signing_alg_values_supported: [...assertionAlgs],
  introspection_endpoint_auth_methods_supported: confidential,
  introspection_endpoint_auth_signing_alg_values_supported: [...assertionAlgs],
}

const claims = ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid'].concat(
  ['org_id', 'org_slug', 'roles'],
  ['name', 'locale', 'email', 'email_verified'],
)

export function describeProvider({ issuer, clientDocuments }: Pick<Deps, 'issuer' | 'clientDocuments'>): object {
  return {
    issuer,
    authorization_endpoint: issuer + Authorize.path,
    pushed_authorization_request_endpoint: issuer + PushAuthorization.path,
    require_pushed_authorization_requests: false,
    device_authorization_endpoint: issuer + AuthorizeDevice.path,
    token_endpoint: issuer + Token.path,
    userinfo_endpoint: issuer + UserInfo.path,
    revocation_endpoint: issuer + Revoke.path,
    introspection_endpoint: issuer + Introspect.path,
    client_id_metadata_document_supported: clientDocuments.isOn,
    registration_endpoint: issuer + RegisterClient.path,
    end_session_endpoint: issuer + EndSignIn.path,
    jwks_uri: issuer + GetJwks.path,
    scopes_supported: [...openidScopes],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [...grantTypes, 'client_credentials'],
    protected_resources: resourcesOf({ issuer }),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...signingAlgs],
    ...clientAuthentication,
    code_challenge_methods_supported: ['S256'],
    dpop_signing_alg_values_supported: [...assertionAlgs],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    acr_values_supported: knownAcr,
    claims_supported: claims,
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
}
