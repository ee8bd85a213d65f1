/**
 * What works once at the protocol endpoints, used by many at once over two replicas: one winner each.
 * `GATEHOUSE_FULL=1` for a thousand.
 */
import t from 'tap'
import { deviceCodeGrant } from '../../src/domain/oauth/grant-types.ts'
import { devices } from '../fixtures/devices.ts'
import { askProtocol, basic, callback, form, proof as pkce, registered, signedIn } from '../fixtures/openid.ts'
import { openPlatform, type Replica } from '../fixtures/platform.ts'
import { newKey, proofBy } from '../fixtures/proofs.ts'

const many = process.env['GATEHOUSE_FULL'] === '1' ? 1000 : 16
const platform = await openPlatform(t)
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas
const operator = await signedIn(platform, replica)
const client = await registered(platform, replica)

type Protocol = Parameters<typeof askProtocol>[2]
/** How often each answer was given: its status, and its error if it has one. */
async function answersTo(o: Protocol): Promise<Record<string, number>> {
  const answers = await Promise.all(
    Array.from({ length: many }, (_, at) => askProtocol(platform, replicas[at % 2 === 0 ? 0 : 1] as Replica, o)),
  )
  const counts: Record<string, number> = {}
  for (const { statusCode, body, headers } of answers) {
    const isJson = String(headers['content-type']).startsWith('application/json')
    const error = isJson ? (JSON.parse(body) as { error?: string }).error : undefined
    const answer = [statusCode, error].filter(Boolean).join(' ')
    counts[answer] = (counts[answer] ?? 0) + 1
  }
  t.comment(`of ${many} over two replicas: ${JSON.stringify(counts)}`)
  return counts
}

t.test('one code of a device gives tokens once', async (t) => {
  const flow = devices(platform, replica)
  const television = await flow.client()
  const { device_code, user_code } = await flow.begin(television)
  await flow.allow(operator.token, user_code)
  const grant = { client_id: television.id, grant_type: deviceCodeGrant, device_code }
  const { 200: won, ...others } = await answersTo({ url: '/oauth2/token', form: form(grant) })
  t.equal(won, 1)
  t.same(
    Object.keys(others).filter((answer) => !['400 invalid_grant', '400 slow_down'].includes(answer)),
    [],
  )
})

t.test('one decision about a device counts', async (t) => {
  const flow = devices(platform, replica)
  const { user_code } = await flow.begin(await flow.client())
  const id = String((await flow.find(operator.token, user_code)).body['id'])
  const settle = replicas.map((one) => devices(platform, one).settle)
  const answers = await Promise.all(
    Array.from({ length: many }, (_, at) =>
      settle[at % 2]?.(operator.token, id, { decision: at % 3 === 0 ? 'denied' : 'approved' }),
    ),
  )
  t.equal(answers.filter((answer) => answer?.status === 204).length, 1)
  t.equal(answers.filter((answer) => answer?.status === 404).length, many - 1)
})

t.test('one reference of a pushed request begins one authorization', async (t) => {
  const request = {
    ...{ response_type: 'code', redirect_uri: callback, scope: 'openid' },
    ...{ code_challenge: pkce().challenge, code_challenge_method: 'S256' },
  }
  const pushed = await askProtocol(platform, replica, {
    url: '/oauth2/par',
    form: form(request),
    authorization: basic(client),
  })
  const { request_uri } = pushed.json<{ request_uri: string }>()
  const url = `/oauth2/authorize?${form({ client_id: client.id, request_uri })}`
  t.same(await answersTo({ url }), { 303: 1, 400: many - 1 })
})

t.test('one DPoP proof is believed once', async (t) => {
  const key = newKey()
  const open = await registered(platform, replica, { auth_method: 'none' })
  const refresh = form({ client_id: open.id, grant_type: 'refresh_token', refresh_token: 'x' })
  const ask = { url: '/oauth2/token', form: refresh }
  const { headers } = await askProtocol(platform, replica, { ...ask, proof: proofBy(key) })
  const proof = proofBy(key, { claims: { nonce: String(headers['dpop-nonce']) } })
  t.same(await answersTo({ ...ask, proof }), { '400 invalid_grant': 1, '400 invalid_dpop_proof': many - 1 })
})

t.test('an initial access token for one client registers one', async (t) => {
  const { body } = await platform.ask(replica, {
    method: 'POST',
    url: '/v1/platform/oauth-registration-tokens',
    token: operator.token,
    body: { name: 'Developers', uses: 1 },
  })
  const asked = {
    url: '/oauth2/register',
    authorization: `Bearer ${String(body['token'])}`,
    type: 'application/json',
    form: JSON.stringify({ client_name: 'Wiki', redirect_uris: [callback] }),
  }
  t.same(await answersTo(asked), { 201: 1, '401 invalid_token': many - 1 })
})
