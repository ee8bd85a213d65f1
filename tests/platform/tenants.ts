/** Two customers as the sweep needs them: each with a thing of every kind, and with words that are theirs alone. */
import { randomBytes } from 'node:crypto'
import type { Api } from './client.ts'
import { allow, applicationOf, begin } from './openid.ts'
import { newAddress, signIn } from './people.ts'
import type { DemoUser } from './platform-file.ts'
import type { Tenant } from './tenant-sweep.ts'

type Listed = {
  data: { id: string; key?: string; scope?: string; user?: { id: string } }[]
  page: { next_cursor: string | null }
}

/** Lists of a tenant that page: two items at least, so that a cursor exists. */
const lists = (org: string): Record<string, string> => ({
  members: `/v1/organizations/${org}/members`,
  invitations: `/v1/organizations/${org}/invitations`,
  roles: `/v1/organizations/${org}/roles`,
  policies: `/v1/organizations/${org}/policies`,
  groups: `/v1/organizations/${org}/groups`,
  assignments: `/v1/organizations/${org}/assignments`,
  entities: '/v1/authz/entities/type',
  'service-accounts': `/v1/organizations/${org}/service-accounts`,
  'oauth-clients': `/v1/organizations/${org}/oauth-clients`,
  'audit-events': `/v1/organizations/${org}/audit-events`,
  sessions: '/v1/me/sessions',
  activity: '/v1/me/activity',
})

const mark = 'zz-private'

/** Fills an organization and collects what identifies it. */
export const tenantOf = async (api: Api, { user, org }: { user: DemoUser; org: string }): Promise<Tenant> => {
  const first = await signIn(api, { ...user, organization: org })
  const person = await signIn(api, { ...user, organization: org })
  const token = person.access
  const make = async (path: string, body: unknown): Promise<string> => {
    const answer = await api.call('POST', path, { token, body })
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return String(answer.body['id'])
  }
  // A platform may be swept twice.
  const tag = `${mark}-${org.slice(-8)}-${randomBytes(3).toString('hex')}`
  const emails = [newAddress(tag), newAddress(tag)]
  const [invitation] = await Promise.all(
    emails.map((email) => make(`/v1/organizations/${org}/invitations`, { email, roles: ['viewer'] })),
  )
  const [role] = await Promise.all(
    ['a', 'b'].map((suffix) =>
      make(`/v1/organizations/${org}/roles`, { key: `${tag}-${suffix}`, name: tag, permissions: ['invoice:read'] }),
    ),
  )
  const [policy] = await Promise.all(
    ['a', 'b'].map((suffix) =>
      make(`/v1/organizations/${org}/policies`, {
        key: `${tag}-${suffix}`,
        effect: 'deny',
        resource_type: 'invoice',
        actions: ['read'],
        when: 'resource.status == "secret"',
      }),
    ),
  )
  const [group] = await Promise.all(
    ['a', 'b'].map((suffix) => make(`/v1/organizations/${org}/groups`, { key: `${tag}-${suffix}`, name: tag })),
  )
  const [assignment] = await Promise.all(
    ['viewer', 'member'].map((key) =>
      make(`/v1/organizations/${org}/assignments`, { principal: { type: 'group', id: group }, role: key }),
    ),
  )
  const put = async (path: string, body: unknown): Promise<void> => {
    const answer = await api.call('PUT', path, { token, body })
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  await put(`/v1/organizations/${org}/policies/${policy}/draft`, {
    effect: 'deny',
    resource_type: 'invoice',
    actions: ['read'],
    when: `resource.status == "${tag}"`,
  })
  // The sweep fills a parameter it has no id for with the parameter's own name, so the type is called `type`.
  for (const suffix of ['a', 'b']) await put(`/v1/authz/entities/type/${tag}-${suffix}`, { attributes: { note: tag } })
  const accounts = `/v1/organizations/${org}/service-accounts`
  const [account] = await Promise.all(['a', 'b'].map((suffix) => make(accounts, { name: `${tag}-${suffix}` })))
  const key = await make(`${accounts}/${account}/keys`, { name: tag })
  const redirects = { redirect_uris: ['https://app.example/callback'] }
  const [client] = await Promise.all(
    ['a', 'b'].map((suffix) =>
      make(`/v1/organizations/${org}/oauth-clients`, { name: `${tag}-${suffix}`, ...redirects }),
    ),
  )
  const secret = await make(`/v1/organizations/${org}/oauth-clients/${client}/secrets`, undefined)
  const asked = await applicationOf(api, user, org)
  await allow(api, asked, await begin(asked))
  const { authorization } = await begin(asked)
  const domain = await make(`/v1/organizations/${org}/domains`, { name: `${tag}.example` })
  const open = (await api.call('GET', '/v1/me/access-requests?limit=200', { token })).body as unknown as Listed
  for (const { id } of open.data) await api.call('DELETE', `/v1/me/access-requests/${id}`, { token })
  const accessRequest = await make(`/v1/organizations/${org}/access-requests`, { roles: ['viewer'], reason: tag })
  const consents = (await api.call('GET', '/v1/me/consents', { token })).body as unknown as Listed
  const consent = consents.data[0]?.id ?? ''
  const cursors: Record<string, string> = {}
  for (const [name, path] of Object.entries(lists(org))) {
    const { body } = await api.call('GET', `${path}?limit=1`, { token })
    const cursor = (body as unknown as Listed).page.next_cursor
    if (cursor !== null) cursors[name] = cursor
  }
  const ids = {
    org,
    user: user.id,
    session: first.session,
    invitation: invitation ?? '',
    role: role ?? '',
    policy: policy ?? '',
    group: group ?? '',
    assignment: assignment ?? '',
    entity: `${tag}-a`,
    service_account: account ?? '',
    key,
    client: client ?? '',
    secret,
    authorization,
    consent,
    access_request: accessRequest,
    domain,
  }
  return { token, ids, cursors, secrets: [...Object.values(ids), ...emails, tag, user.email] }
}
