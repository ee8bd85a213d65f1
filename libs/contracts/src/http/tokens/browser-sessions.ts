/**
 * Browser sessions: a signed-in session bound to one browser by a cookie. Only pages keep them; the browser holds no
 * token.
 */
import Type, { type Static } from 'typebox'
import { OrganizationId, SessionId, UserId } from '../../common/ids.ts'
import { Instant, OpaqueSecret } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/** The name of the cookie where the platform is reached over plain http, as on a developer's machine. */
export const browserSessionCookie = 'gatehouse_session'

/**
 * The name of the cookie that holds `cookie_value`: pages set it and the authorization endpoint reads it. `__Host-`
 * (RFC 6265bis §4.1.3.2) needs https.
 */
export const browserSessionCookieName = (publicUrl: string): string =>
  publicUrl.startsWith('https:') ? `__Host-${browserSessionCookie}` : browserSessionCookie

const base = { service: 'tokens', auth: 'internal', callers: ['pages'], method: 'POST' } as const

export const BindBrowserSession = defineRoute({
  ...base,
  operationId: 'bindBrowserSession',
  path: '/internal/browser-sessions',
  summary:
    'Bind the session of a sign-in that just succeeded to this browser. The cookie value is new each time; the ' +
    'refresh token of that sign-in is void from here on.',
  body: Type.Object({
    /** As the sign-in gave it. */
    access_token: Type.String({ minLength: 1, maxLength: 8192 }),
    /**
     * What the browser held before. The same person goes on with the session they had, as one authenticated just now;
     * somebody else's session ends.
     */
    previous_cookie: Type.Optional(OpaqueSecret),
  }),
  success: {
    status: 201,
    body: Type.Object({
      cookie_value: Type.String(),
      /** The session of this browser; where the same person signed in anew, the one they had before. */
      session_id: SessionId,
      user_id: UserId,
      /** The latest end of the session: the age of the cookie. */
      expires_at: Instant,
    }),
    description: 'The value of the cookie.',
  },
  problems: ['unauthenticated', 'not_current'],
})

const BrowserToken = Type.Object({
  access_token: Type.String(),
  /** Seconds. */
  expires_in: Type.Integer(),
  session_id: SessionId,
  user_id: UserId,
  organization_id: Type.Union([OrganizationId, Type.Null()]),
  /** Seconds since the epoch, as in the access token. */
  auth_time: Type.Integer(),
  acr: Type.String(),
  amr: Type.Array(Type.String()),
})
export type BrowserToken = Static<typeof BrowserToken>

export const MintBrowserSessionToken = defineRoute({
  ...base,
  operationId: 'mintBrowserSessionToken',
  path: '/internal/browser-sessions/token',
  summary:
    'An access token of the person of a browser, for the duration of one request. It keeps the session from ' +
    'falling idle.',
  retryable: true,
  body: Type.Object({
    cookie_value: OpaqueSecret,
    /** Absent: the organization last used. `null`: none, and the one last used stays that. */
    organization_id: Type.Optional(Type.Union([OrganizationId, Type.Null()])),
  }),
  success: { status: 200, body: BrowserToken, description: 'The token, and how the person signed in.' },
  problems: ['unauthenticated', 'insufficient_user_authentication', 'not_found', 'not_current'],
})

export const EndBrowserSession = defineRoute({
  ...base,
  operationId: 'endBrowserSession',
  path: '/internal/browser-sessions/end',
  summary: 'Sign the browser out: its session ends, and so does what each client holds in it.',
  retryable: true,
  body: Type.Object({ cookie_value: OpaqueSecret }),
  success: { status: 204, description: 'The session is over everywhere. The same for a cookie nobody knows.' },
})
