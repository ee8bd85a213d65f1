/** The OpenID provider: OAuth 2.1 and OpenID Connect Core 1.0 in the protocols' own form. */
import { defineProtocol } from '../protocol.ts'
import { browserSessionCookie } from './browser-sessions.ts'

/** Begins the name of the cookie that binds an authorization request to its browser. */
export const browserCookiePrefix = 'gatehouse-authorization-'

const base = { service: 'tokens' } as const
const document = { ...base, methods: ['GET'], errors: 'json', isSafe: true, isForScripts: true } as const

export const GetOpenidConfiguration = defineProtocol({
  ...document,
  operationId: 'getOpenidConfiguration',
  path: '/.well-known/openid-configuration',
  summary: 'OpenID Connect Discovery 1.0.',
})

export const GetAuthorizationServerMetadata = defineProtocol({
  ...document,
  operationId: 'getAuthorizationServerMetadata',
  path: '/.well-known/oauth-authorization-server',
  summary: 'RFC 8414: the same document for OAuth clients.',
})

export const GetProtectedResourceMetadata = defineProtocol({
  ...document,
  operationId: 'getProtectedResourceMetadata',
  path: '/.well-known/oauth-protected-resource',
  summary: 'RFC 9728: what the API takes, and from whom.',
})

export const GetUserInfoMetadata = defineProtocol({
  ...document,
  operationId: 'getUserInfoMetadata',
  path: '/.well-known/oauth-protected-resource/oauth2/userinfo',
  summary: 'RFC 9728: what the userinfo endpoint takes, and from whom.',
})

export const Authorize = defineProtocol({
  ...base,
  operationId: 'authorize',
  methods: ['GET', 'POST'],
  path: '/oauth2/authorize',
  summary:
    'The authorization endpoint (RFC 6749 §3.1): a code at once where the browser is signed in and nothing has to ' +
    'be asked; otherwise it stores the request and sends the browser to sign in.',
  errors: 'page',
  cookiePrefixes: [browserSessionCookie],
})

export const PushAuthorization = defineProtocol({
  ...base,
  operationId: 'pushAuthorization',
  methods: ['POST'],
  path: '/oauth2/par',
  summary:
    'RFC 9126: a client hands over an authorization request itself, so that the browser carries a reference alone.',
  errors: 'json',
  takesAuthorization: true,
  isForScripts: true,
  limit: 'refresh',
})

export const AuthorizeDevice = defineProtocol({
  ...base,
  operationId: 'authorizeDevice',
  methods: ['POST'],
  path: '/oauth2/device_authorization',
  summary: 'RFC 8628 §3.1: a device without a browser gets a code that a person enters elsewhere.',
  errors: 'json',
  takesAuthorization: true,
  isForScripts: true,
  limit: 'refresh',
})

export const ContinueAuthorization = defineProtocol({
  ...base,
  operationId: 'continueAuthorization',
  methods: ['GET'],
  path: '/oauth2/authorize/continue',
  summary:
    'Where the browser comes back after the person has decided, with `continuation`: sends it to the client with a ' +
    'code or an error. ' +
    'With `cancel`, the id of a request of this browser that nobody has decided, it goes back with `access_denied`.',
  errors: 'page',
  cookiePrefixes: [browserCookiePrefix],
})

export const Token = defineProtocol({
  ...base,
  operationId: 'token',
  methods: ['POST'],
  path: '/oauth2/token',
  summary: 'The token endpoint (RFC 6749 §3.2).',
  errors: 'json',
  takesAuthorization: true,
  isForScripts: true,
  limit: 'refresh',
})

export const UserInfo = defineProtocol({
  ...base,
  operationId: 'userInfo',
  methods: ['GET', 'POST'],
  path: '/oauth2/userinfo',
  summary: 'OpenID Connect Core §5.3: claims about the person the access token is for.',
  errors: 'json',
  takesAuthorization: true,
  isForScripts: true,
  isSafe: true,
  limit: 'check',
})

export const Revoke = defineProtocol({
  ...base,
  operationId: 'revoke',
  methods: ['POST'],
  path: '/oauth2/revoke',
  summary: 'RFC 7009: a client ends its own session.',
  errors: 'json',
  takesAuthorization: true,
  isForScripts: true,
  isSafe: true,
  limit: 'refresh',
})

export const Introspect = defineProtocol({
  ...base,
  operationId: 'introspect',
  methods: ['POST'],
  path: '/oauth2/introspect',
  summary: 'RFC 7662: whether a token counts now.',
  errors: 'json',
  takesAuthorization: true,
  isSafe: true,
  limit: 'check',
})

export const EndSignIn = defineProtocol({
  ...base,
  operationId: 'endSignIn',
  methods: ['GET', 'POST'],
  path: '/oauth2/logout',
  summary: 'OpenID Connect RP-Initiated Logout 1.0.',
  errors: 'page',
})

export const RegisterClient = defineProtocol({
  ...base,
  operationId: 'registerClient',
  methods: ['POST', 'GET', 'PUT', 'DELETE'],
  path: '/oauth2/register',
  summary:
    'RFC 7591: a client registers itself with a token of an operator; RFC 7592: it reads, replaces, deletes that.',
  errors: 'json',
  takesAuthorization: true,
  takesJson: true,
  limit: 'refresh',
})
