/** POST /access/v1/evaluations and the searches, as a person asks them. */
import t from 'tap'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org } = await platform.withInvoices(replica)
const clerk = platform.join(org, platform.person(), {
  roles: ['invoice-clerk'],
  attributes: { department: 'sales', limit: 100 },
})
const token = platform.tokenOf(clerk)
const subject = { type: 'user', id: clerk.id }
const invoice = (id: string, properties?: object) => ({
  type: 'invoice',
  id,
  ...(properties === undefined ? {} : { properties }),
})
const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  platform.ask(replica, { method: 'POST', url, token, body, headers })
const many = (body: object) => post('/access/v1/evaluations', body)
const decisions = ({ body }: Answer) => (body['evaluations'] as { decision: boolean }[]).map(({ decision }) => decision)
const contexts = ({ body }: Answer) => (body['evaluations'] as { context: object }[]).map(({ context }) => context)

t.test('200: each evaluation takes from the top what it does not say itself, in order', async (t) => {
  const answer = await many({
    subject,
    action: { name: 'read' },
    resource: { type: 'invoice', properties: { amount: 1_000_000, department: 'sales' } },
    evaluations: [
      { resource: { id: '1' } },
      { action: { name: 'approve' }, resource: { id: '2', properties: { amount: 5, department: 'sales' } } },
      { action: { name: 'approve' }, resource: { id: '3', properties: { amount: 500, department: 'sales' } } },
      { action: { name: 'approve' }, resource: { id: '4' } },
      { action: { name: 'approve' }, resource: invoice('5', { amount: 5, department: 'sales', locked: true }) },
      { resource: { type: 'planet', id: '6' } },
    ],
  })
  t.equal(answer.status, 200)
  t.same(decisions(answer), [true, true, false, false, false, false])
  t.match(contexts(answer), [
    { reason: { code: 'granted_by_role', role: 'invoice-clerk' } },
    { reason: { code: 'granted_by_policy' } },
    { reason: { code: 'not_granted' } },
    { reason: { code: 'not_granted_for_missing_attribute' } },
    { reason: { code: 'denied_by_policy', policy: 'locked-stays' } },
    { reason: { code: 'unknown_resource_type' } },
  ])
  t.match(answer.body, { context: { revision: String } })
  t.notOk('decision' in answer.body)
})

t.test('200: an evaluation that is not one fails alone and closed', async (t) => {
  const answer = await many({
    subject,
    action: { name: 'read' },
    evaluations: [
      { resource: invoice('1') },
      {},
      { resource: 'invoice' },
      { resource: { type: 'invoice', id: 7 } },
      { resource: invoice('2'), action: {} },
      { resource: invoice('2'), action: { name: '' } },
      { resource: invoice('3', { risk: 'none' }) },
      { resource: invoice('4'), subject: { id: newId('user') } },
      { resource: { ...invoice('5'), properties: [] } },
      { resource: invoice('6'), context: 'now' },
      { resource: invoice('7') },
    ],
  })
  t.equal(answer.status, 200)
  t.same(decisions(answer), [true, false, false, false, true, false, false, false, false, false, true])
  t.match(contexts(answer)[1], { error: { status: 400, message: 'resource is required' } })
  t.match(contexts(answer)[3], { error: { status: 400, message: /^resource.id/ } })
  t.match(contexts(answer)[6], {
    reason: { code: 'invalid_attribute' },
    error: { status: 400, message: '/resource/properties/risk may not be asserted by the caller' },
  })
  t.match(contexts(answer)[7], { reason: { code: 'subject_not_permitted' } })
})

t.test('200: the three semantics', async (t) => {
  const ask = async (semantic: string | undefined, actions: string[]) =>
    decisions(
      await many({
        subject,
        resource: invoice('1'),
        evaluations: actions.map((name) => ({ action: { name } })),
        ...(semantic === undefined ? {} : { options: { evaluations_semantic: semantic, other: 1 } }),
      }),
    )
  t.same(await ask(undefined, ['read', 'purge', 'create']), [true, false, true])
  t.same(await ask('execute_all', ['read', 'purge', 'create']), [true, false, true])
  t.same(await ask('deny_on_first_deny', ['read', 'purge', 'create']), [true, false])
  t.same(await ask('permit_on_first_permit', ['purge', 'read', 'create']), [false, true])
  t.equal(
    (await many({ subject, resource: invoice('1'), evaluations: [{}], options: { evaluations_semantic: 'guess' } }))
      .status,
    400,
  )
})

t.test('200: without evaluations it is a single one; 400 when that is not whole', async (t) => {
  const whole = { subject, action: { name: 'read' }, resource: invoice('1') }
  t.match((await many(whole)).body, { decision: true, context: { reason: { code: 'granted_by_role' } } })
  t.match((await many({ ...whole, evaluations: [] })).body, { decision: true })
  t.equal((await many({ ...whole, resource: invoice('1', { risk: 'none' }) })).status, 400)
  for (const missing of ['subject', 'action', 'resource'])
    t.equal((await many({ ...whole, [missing]: undefined })).status, 400, missing)
})

t.test('400: what is wrong with the request is the answer to all of it', async (t) => {
  for (const body of [
    { evaluations: {} },
    { evaluations: ['x'] },
    { subject: 'me', evaluations: [{}] },
    { evaluations: Array.from({ length: 1001 }, () => ({})) },
    { subject, evaluations: [{}], context: { at_least: 1 } },
  ]) {
    t.equal((await many(body)).status, 400, JSON.stringify(body).slice(0, 80))
  }
  t.equal(
    (
      await many({
        subject,
        action: { name: 'read' },
        evaluations: [{ resource: invoice('1'), context: { at_least: '%%' } }],
      })
    ).status,
    400,
  )
  t.equal(
    (
      await many({
        subject,
        action: { name: 'read' },
        evaluations: Array.from({ length: 1000 }, (_, id) => ({ resource: invoice(String(id)) })),
      })
    ).status,
    200,
  )
})

t.test('search action: what the person may do, and nothing about others', async (t) => {
  const search = (body: object) => post('/access/v1/search/action', body)
  t.match((await search({ subject, resource: invoice('1') })).body, {
    results: [{ name: 'read' }, { name: 'create' }],
    page: { next_token: '', count: 2 },
  })
  t.same((await search({ subject, resource: invoice('1', { amount: 1, department: 'sales' }) })).body['results'], [
    { name: 'read' },
    { name: 'create' },
    { name: 'approve' },
  ])
  t.same((await search({ subject: { type: 'user', id: newId('user') }, resource: invoice('1') })).body['results'], [])
  t.same((await search({ subject, resource: { type: 'planet', id: '1' } })).body['results'], [])
  t.equal((await search({ subject, resource: invoice('1', { risk: 'none' }) })).status, 400)
})

t.test('search pages: a limit is any whole number from 0 on, and the page comes first', async (t) => {
  const search = (page?: object) =>
    post('/access/v1/search/action', { subject, resource: invoice('1'), ...(page === undefined ? {} : { page }) })
  const results = (answer: Answer) => answer.body['results'] as unknown[]
  const pageOf = (answer: Answer) => answer.body['page'] as { next_token: string; count: number }
  const all = await search()
  t.ok(results(all).length > 1)
  const nothing = await search({ limit: 0 })
  t.same([nothing.status, results(nothing), pageOf(nothing).count], [200, [], 0])
  t.same(results(await search({ token: pageOf(nothing).next_token })), results(all), 'all of it is still to come')
  for (const limit of [1001, 1_000_000, 2 ** 53 - 1]) {
    const answer = await search({ limit })
    t.same([answer.status, results(answer), pageOf(answer).next_token], [200, results(all), ''], `${limit}`)
  }
  for (const limit of [-1, 1.5, '1', null]) t.equal((await search({ limit })).status, 400, JSON.stringify(limit))
  for (const answer of [all, nothing]) t.equal(Object.keys(answer.body)[0], 'page')
})

t.test('search pages: a token goes on where its page ended, and belongs to its search', async (t) => {
  const search = (resource: object, page?: object) =>
    post('/access/v1/search/action', { subject, resource, ...(page === undefined ? {} : { page }) })
  const first = await search(invoice('1'), { limit: 1 })
  const { next_token: next } = first.body['page'] as { next_token: string }
  t.same(first.body['results'], [{ name: 'read' }])
  t.match((await search(invoice('1'), { token: next })).body, {
    results: [{ name: 'create' }],
    page: { next_token: '' },
  })
  t.match((await search(invoice('2'), { token: next })).body, { status: 400, code: 'invalid_cursor' })
  t.match((await search(invoice('1'), { token: 'nonsense' })).body, { status: 400, code: 'invalid_cursor' })
  t.match((await search(invoice('1'), { token: '', limit: 1000 })).body['results'], { length: 2 })
  const none = await search(invoice('1'), { limit: 0 })
  t.match(none, { status: 200, body: { results: { length: 0 }, page: { count: 0 } } })
  t.equal(Object.keys(none.body)[0], 'page', 'the page comes first')
  t.match((await search(invoice('1'), { limit: 1_000_000 })).body['results'], { length: 2 })
  t.equal((await search(invoice('1'), { limit: -1 })).status, 400)
})

t.test('search subject: a person is told about themself only', async (t) => {
  platform.join(org, platform.person(), { roles: ['invoice-clerk'] })
  const search = (action: string, type = 'user') =>
    post('/access/v1/search/subject', {
      subject: { type, id: 'ignored' },
      action: { name: action },
      resource: invoice('1'),
    })
  t.same((await search('read')).body['results'], [subject])
  t.same((await search('purge')).body['results'], [])
  t.same((await search('read', 'spaceship')).body['results'], [])
})

t.test('AuthZEN: every unreadable request is 400, and the name of a request comes back', async (t) => {
  const answer = await post(
    '/access/v1/evaluations',
    { subject },
    { 'content-type': 'text/plain', 'x-request-id': 'a name, with {anything} in it' },
  )
  t.match(answer, { status: 400, headers: { 'x-request-id': 'a name, with {anything} in it' } })
  t.match(answer.body, { code: 'malformed_request' })
  t.match((await post('/access/v1/evaluation', {})).headers, { 'x-request-id': /^req_/ })
})
