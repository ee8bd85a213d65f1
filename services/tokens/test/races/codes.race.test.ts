/**
 * Codes and requests used at once: one winner over two replicas, and two applications in one browser lose nothing to
 * each other.
 */
import t from 'tap'
import { findActiveClient } from '../../src/store/oauth-clients.ts'
import { redeemCode } from '../../src/use-cases/oauth/redeem-code.ts'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  begin,
  form,
  proof,
  redeemed,
  registered,
  settle,
  signedIn,
} from '../fixtures/openid.ts'
import { boundBrowser, cookieOf, visit } from '../fixtures/browsers.ts'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas
const ada = await signedIn(platform, replica)

t.test(
  'a code presented 1,000 times at once over two replicas: one winner, whose tokens die of the others',
  async (t) => {
    const { id } = await registered(platform, replica, { auth_method: 'none' })
    const client = await findActiveClient(replica.deps.system, id)
    if (client === undefined) return t.fail('the client is gone')
    const { verifier, challenge } = proof()
    const url = authorizeUrl(id, { code_challenge: challenge, scope: 'openid offline_access' })
    const code = (await authorize(platform, replica, { url, token: ada.token })).searchParams.get('code') ?? ''
    const parameters = new Map(Object.entries({ code, code_verifier: verifier }))
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, at) =>
        redeemCode(replicas[at % 2 === 0 ? 0 : 1].deps, {
          client,
          parameters,
          clientAddress: undefined,
          jkt: undefined,
        }),
      ),
    )
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    t.equal(won.length, 1)
    const refusals = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as { code: string }] : [],
    )
    t.same([...new Set(refusals.map(({ code: why }) => why))], ['invalid_grant'])
    const sid = String(claimsOf(won[0]?.access_token).sid)
    t.same(await platform.announced(replica, sid), ['session.started.v1', 'session.ended.v1'], 'once each')
    const after = await askProtocol(platform, replica, {
      url: '/oauth2/token',
      form: form({ grant_type: 'refresh_token', client_id: id, refresh_token: String(won[0]?.refresh_token) }),
    })
    t.match(after.json(), { error: 'invalid_grant' })
  },
)

t.test('two applications at once in one browser: every request gets its own code', async (t) => {
  const rounds = process.env['GATEHOUSE_FULL'] === '1' ? 200 : 40
  const apps = [
    await registered(platform, replica, { auth_method: 'none' }),
    await registered(platform, replica, { auth_method: 'none' }),
  ]
  const codes = new Set<string>()
  const states = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const jar = new Map<string, string>()
    const begun = await Promise.all(
      apps.map(async ({ id }) => {
        const url = authorizeUrl(id, { code_challenge: proof().challenge, state: `${id} ${round}` })
        const one = await begin(platform, replica, url)
        const [name = '', value = ''] = one.cookie.split('=')
        jar.set(name, value)
        return one
      }),
    )
    const onward = await Promise.all(begun.map((one) => settle(platform, replica, { begun: one, token: ada.token })))
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    for (const { headers } of await Promise.all(onward.map((url) => askProtocol(platform, replica, { url, cookie })))) {
      const { searchParams } = new URL(String(headers.location))
      codes.add(searchParams.get('code') ?? 'lost')
      states.add(searchParams.get('state') ?? 'lost')
    }
  }
  t.equal(codes.size, 2 * rounds)
  t.equal(states.size, 2 * rounds)
  t.notOk(codes.has('lost') || states.has('lost'))
})

t.test(
  'two applications at once in one signed-in browser: every visit gets its own code, and each code its tokens',
  async (t) => {
    const rounds = process.env['GATEHOUSE_FULL'] === '1' ? 200 : 20
    const apps = [
      await registered(platform, replica, { auth_method: 'none', first_party: true }),
      await registered(platform, replica, { auth_method: 'none', first_party: true }),
    ]
    const cookie = cookieOf(await boundBrowser(platform, replica, ada.token))
    const codes = new Set<string>()
    const sessions = new Set<string>()
    for (let round = 0; round < rounds; round++)
      await Promise.all(
        apps.map(async ({ id }) => {
          const begin = () => visit(platform, replica, { clientId: id, cookie })
          const visited = await begin()
          codes.add(visited.at.searchParams.get('code') ?? 'lost')
          let isFirst = true
          const tokens = await redeemed(platform, replica, {
            client: { id },
            begin: async () => (isFirst ? ((isFirst = false), visited) : await begin()),
          })
          sessions.add(String(claimsOf(tokens['access_token']).sid))
        }),
      )
    t.equal(codes.size, 2 * rounds)
    t.equal(sessions.size, 2 * rounds)
    t.notOk(codes.has('lost'))
  },
)
