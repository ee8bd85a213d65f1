/** `POST /v1/auth/refresh`, by status code. */
import t from 'tap'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()

t.test('200: the token is exchanged, the access token is fresh, the rotation is announced', async (t) => {
  const { id } = platform.person()
  const first = await platform.signIn(replica, id)
  const { status, body } = await platform.refresh(replica, first.refresh_token)
  t.equal(status, 200)
  t.match(body, { status: 'authenticated', session_id: first.session_id, user: { id }, organization: null, token_type: 'Bearer', expires_in: 300 })
  t.not(body['refresh_token'], first.refresh_token)
  t.not(claimsOf(body['access_token']).jti, claimsOf(first.access_token).jti)
})
