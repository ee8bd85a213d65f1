/**
 * What is cached under several names together is never confused: `{ type: "user", id: "ann lee" }` and `{ type: "user
 * ann", id: "lee" }` are two subjects, whatever character stands between the names of a key.
 */
import t from 'tap'
import { openPlatform, type Answer } from '../fixtures/platform.ts'
import { accountToken, giveRoles, makeAccount } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const account = makeAccount(platform, org.id)
const given = await giveRoles(platform, replica, { account, roles: ['evaluator'], by: owner })
if (given.status !== 200) throw new Error(JSON.stringify(given.body))
const token = accountToken(platform, account)

type Named = { readonly type: string; readonly id: string }
const ask = (path: string, body: object): Promise<Answer> =>
  platform.ask(replica, { method: 'POST', url: `/access/v1/${path}`, token, body })
const invoice = { type: 'invoice', id: '1' }
const may = async (subject: Named): Promise<unknown> =>
  (await ask('evaluation', { subject, action: { name: 'read' }, resource: invoice })).body['decision']

for (const between of [' ', ':', '/', ',', '.', '|', '#', '"', '\\', '\t', '\u001f', '\u0001']) {
  t.test(`with ${JSON.stringify(between)} between`, async (t) => {
    const known = { type: 'ann', id: `lee${between}moe` }
    const shifted = { type: `ann${between}lee`, id: 'moe' }
    const stored = await platform.ask(replica, {
      method: 'PUT',
      url: `/v1/authz/entities/${known.type}/${encodeURIComponent(known.id)}`,
      token: platform.tokenOf(owner),
      body: { attributes: {}, roles: ['invoice-reader'] },
    })
    t.equal(stored.status, 200)
    t.equal(await may(shifted), false, 'before the other one is known')
    t.equal(await may(known), true)
    t.equal(await may(shifted), false, 'after it')
    const many = await ask('evaluations', {
      action: { name: 'read' },
      resource: invoice,
      evaluations: [{ subject: known }, { subject: shifted }, { subject: known }],
    })
    t.same(
      (many.body['evaluations'] as { decision: boolean }[]).map(({ decision }) => decision),
      [true, false, true],
      'in one request',
    )
  })
}
