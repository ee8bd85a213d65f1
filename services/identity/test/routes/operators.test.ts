/**
 * `/v1/platform/users`, by status code: who may, what is found, what is announced, and what a disabled person can still
 * do.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { addPasskey, newAuthenticator, signInWith } from '../fixtures/passkeys.ts'
import { answerStep, challengeOf, enrolled, recoveryCodesOf } from '../fixtures/second-factor.ts'
import { newAddress, newPassword, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens, operators } = platform
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas
const operator = newId('user')
operators.ids.add(operator)
const reason = 'Ticket 4711'

const get = (path = '', token = tokens.accessTokenFor(operator)) =>
  platform.ask(replica, { method: 'GET', url: `/v1/platform/users${path}`, token })
const post = (id: string, what: string, body: object = { reason }, more: object = {}) =>
  platform.ask(replica, {
    url: `/v1/platform/users/${id}/${what}`,
    token: tokens.accessTokenFor(operator),
    body,
    ...more,
  })
const listed = async (query: string) => ((await get(query)).body['data'] as { id: string }[]).map(({ id }) => id)
const login = (email: string, password: string) =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password } })
const eventsAbout = async (id: string) =>
  (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.filter(({ subject }) => subject === id)
const visible = ({ status, body }: Answer) => JSON.stringify({ status, ...body, request_id: '', instance: '' })

t.test('200: a person, and people by id, address and name, newest first, in pages', async (t) => {
  const [one, two] = [await platform.verified(replica), await platform.register(replica, { email: newAddress('zoe') })]
  await admin`update users set name = 'Zoë%_ Łukasz' where id = (select user_id from emails
    where address = ${two.email})`
  t.match((await get(`/${one.id}`)).body, {
    id: one.id,
    email: one.email,
    email_verified: true,
    status: 'active',
    created_at: /Z$/,
  })
  t.same(await listed(`?search=${one.id}`), [one.id])
  t.same(await listed(`?search=${encodeURIComponent(two.email.toUpperCase())}`), [two.id])
  t.same(await listed(`?search=${encodeURIComponent('zoë%_')}`), [two.id])
  t.same(await listed('?search=%25'), [], 'nothing of a search is a pattern')
  t.same(await listed('?search=zoe-'), [two.id])
  t.same(await listed('?status=disabled'), [])
  const first = await get('?limit=1')
  const page = first.body['page'] as { next_cursor: string; has_more: boolean }
  t.same([first.body['data'], page.has_more].flat().length, 2)
  t.equal((await listed(`?limit=1&cursor=${page.next_cursor}`))[0], one.id)
})

t.test('204: a disabled person is refused as a wrong password is, and a restored one gets in', async (t) => {
  const person = await platform.verified(replica)
  const link = await platform.resetToken(replica, person.email)
  t.equal((await post(person.id, 'suspend')).status, 204)
  t.equal((await post(person.id, 'suspend')).status, 204, 'the same once more')
  t.equal(visible(await login(person.email, person.password)), visible(await login(person.email, newPassword())))
  t.equal(
    (await platform.ask(replica, { url: '/v1/auth/password/reset', body: { token: link, password: newPassword() } }))
      .status,
    400,
  )
  t.same(await listed('?status=disabled'), [person.id])
  t.equal((await post(person.id, 'restore')).status, 204)
  t.equal((await post(person.id, 'restore')).status, 204)
  t.equal((await login(person.email, person.password)).status, 200)
  t.equal(
    (await platform.ask(replica, { url: '/v1/auth/password/reset', body: { token: link, password: newPassword() } }))
      .status,
    400,
    'links stay void',
  )
  t.match((await eventsAbout(person.id)).slice(-2), [
    {
      type: /user\.disabled\.v1$/,
      version: 3,
      actor: `user:${operator}`,
      userid: person.id,
      data: { min_uv: 3, reason },
    },
    { type: /user\.enabled\.v1$/, version: 4, actor: `user:${operator}`, data: { user_id: person.id, reason } },
  ])
})

t.test('204: sessions end by floors, which a starting gateway and tokens read', async (t) => {
  const person = await platform.verified(replica)
  t.equal((await post(person.id, 'sessions/end')).status, 204)
  t.match((await eventsAbout(person.id)).at(-1), {
    type: /user\.signed_out\.v1$/,
    version: 3,
    data: { min_uv: 3, reason },
  })
  const floors = await platform.ask(replica, { method: 'GET', url: '/internal/snapshot?view=floors', as: 'gateway' })
  t.match(String(floors.body['text']), new RegExp(`"id":"${person.id}","min_version":3`))
  const state = await platform.ask(replica, { method: 'GET', url: '/internal/snapshot?view=state', as: 'tokens' })
  t.match(
    String(state.body['text']),
    new RegExp(`"id":"${person.id}","version":3,"min_version":3,"sessions_min_version":3`),
  )
  t.equal((await login(person.email, person.password)).status, 200)
})

t.test('204: mails again; 409: one of no use; 429: enough of them', async (t) => {
  const [proven, waiting] = [await platform.verified(replica), await platform.register(replica)]
  await admin`update email_verifications set mail_requested_at = now() - interval '1 hour'`
  const mail = (id: string, name: string) => post(id, 'mails', { mail: name, reason })
  t.equal((await mail(proven.id, 'password_reset')).status, 204)
  t.equal((await mail(waiting.id, 'email_verification')).status, 204)
  t.match(await platform.announced(replica, waiting.id), {
    2: 'email_verification.requested.v1',
    3: 'user.mail_resent.v1',
  })
  t.match(await mail(waiting.id, 'email_verification'), { status: 429, body: { code: 'rate_limited' } })
  for (const [id, name] of [
    [proven.id, 'email_verification'],
    [waiting.id, 'password_reset'],
  ] as const)
    t.match(await mail(id, name), { status: 409, body: { code: 'conflict' } })
  t.equal((await post(proven.id, 'suspend')).status, 204)
  t.equal((await mail(proven.id, 'password_reset')).status, 409)
})

t.test('403 before anything else, by the permission of each; 404, 409, 400, 401', async (t) => {
  const person = await platform.verified(replica)
  const asks: [string, (as: string, id: string) => Promise<Answer>][] = [
    ['gatehouse:users.read', (as) => get('', as)],
    ['gatehouse:users.read', (as, id) => get(`/${id}`, as)],
    ['gatehouse:users.suspend', (token, id) => post(id, 'suspend', { reason }, { token })],
    ['gatehouse:users.suspend', (token, id) => post(id, 'restore', { reason }, { token })],
    ['gatehouse:users.end_sessions', (token, id) => post(id, 'sessions/end', { reason }, { token })],
    ['gatehouse:users.erase', (token, id) => post(id, 'erase', { reason }, { token })],
    ['gatehouse:users.reset_factors', (token, id) => post(id, 'factors/reset', { reason }, { token })],
    ['gatehouse:users.send_mail', (token, id) => post(id, 'mails', { reason, mail: 'password_reset' }, { token })],
  ]
  for (const [permission, ask] of asks) {
    for (const id of [person.id, newId('user')])
      t.match(await ask(tokens.accessTokenFor(person.id), id), { status: 403, body: { code: 'forbidden' } }, permission)
    operators.denied.add(permission)
    t.equal((await ask(tokens.accessTokenFor(operator), person.id)).status, 403)
    operators.denied.delete(permission)
    t.equal(operators.asked.at(-1), permission)
  }
  for (const [, ask] of asks.slice(1)) t.equal((await ask(tokens.accessTokenFor(operator), newId('user'))).status, 404)
  t.equal((await post(operator, 'suspend')).status, 409)
  for (const body of [{}, { reason: '' }, { reason: ' ' }, { reason: 'a\nb' }, { reason, more: 1 }])
    t.equal((await post(person.id, 'suspend', body)).status, 400)
  t.equal((await get('?cursor=x')).status, 400)
  t.equal((await post(person.id, 'suspend', { reason }, { token: undefined })).status, 401)
  t.equal((await eventsAbout(person.id)).length, 2, 'nothing was done')
})

t.test(
  '204: the factors of a person are reset: every session ends, the password is enough, the person is told',
  async (t) => {
    const person = await enrolled(platform, replica)
    await recoveryCodesOf(platform, replica, person)
    const authenticator = newAuthenticator()
    await addPasskey(platform, replica, { person, authenticator })
    const open = await challengeOf(platform, replica, person)
    const other = await enrolled(platform, replica)
    t.equal((await post(person.id, 'factors/reset')).status, 204)
    t.match((await eventsAbout(person.id)).slice(-2), [
      { type: /factors.changed/, actor: `user:${operator}`, data: { change: 'reset' } },
      { type: /user.signed_out/, data: { min_uv: 3, reason } },
    ])
    t.match((await login(person.email, person.password)).body, { status: 'authenticated' })
    t.equal((await signInWith(platform, replica, { authenticator })).status, 401)
    t.equal(
      (await answerStep(platform, replica, { challenge: open, step: 'totp', code: person.app.code() })).status,
      400,
    )
    t.match((await login(other.email, other.password)).body, { next: ['totp'] }, 'nobody else’s')
    t.equal((await post(operator, 'factors/reset')).status, 409)
  },
)

t.test('sixteen operators at once over two replicas: one change, one event', async (t) => {
  const person = await platform.verified(replica)
  const all = (what: string) =>
    Promise.all(
      Array.from({ length: 16 }, (_, caller) =>
        platform.ask(caller % 2 === 0 ? replicas[0] : replicas[1], {
          url: `/v1/platform/users/${person.id}/${what}`,
          token: tokens.accessTokenFor(operator),
          body: { reason },
        }),
      ),
    )
  for (const what of ['suspend', 'restore'])
    t.same(new Set((await all(what)).map(({ status }) => status)), new Set([204]))
  t.same(
    (await eventsAbout(person.id)).map(({ version }) => version),
    [1, 2, 3, 4],
  )
})
