// Makes the demo through the public API alone, as a customer would: register, follow the mailed link, sign in, create
// an organization, invite, accept. It can be interrupted anywhere and run again: what exists already is found and kept.
import { createClient, type DemoClient } from './client.ts'
import { demoApplication, demoApplicationKey } from './catalog.ts'
import { registerApplication } from './application.ts'
import type { DemoRecord, DemoUser } from './demo-record.ts'

type Person = { email: string; password: string; name: string }
type Session = { access: string; refresh: string; userId: string; organizationId: string | null }

export type SeedInput = {
  gateway: string
  mailbox: string
  admin: { email: string; password: string }
  /** Where the demo application will listen. */
  applicationUrl: string
  /** A kept secret by name, so that an interrupted seeding goes on with the same passwords. */
  password: (name: string) => string
  note: (text: string) => void
}

const COLLEAGUES = [
  {
    role: 'admin',
    name: 'Adam Admin',
    email: 'adam@acme.example',
    roles: ['admin', 'invoice-clerk'],
    attributes: { department: 'finance', approval_limit: 10_000 },
  },
  {
    role: 'member',
    name: 'Mia Member',
    email: 'mia@acme.example',
    roles: ['member', 'invoice-clerk'],
    attributes: { department: 'sales', approval_limit: 1000 },
  },
  {
    role: 'viewer',
    name: 'Vic Viewer',
    email: 'vic@acme.example',
    roles: ['viewer', 'invoice-reader'],
    attributes: { department: 'sales', approval_limit: 0 },
  },
]

export async function seedDemo(o: SeedInput): Promise<DemoRecord> {
  const client = createClient(o)
  const person = (name: string, email: string): Person => ({ name, email, password: o.password(`demo ${email}`) })
  o.note('catalog')
  const admin = await signIn(client, o.admin)
  await client.call('PUT', `/v1/authz/catalog/${demoApplicationKey}`, { token: admin.access, body: demoApplication })

  o.note('Acme')
  const olivia = person('Olivia Owner', 'olivia@acme.example')
  const acme = await foundOrganization(client, olivia, { name: 'Acme', slug: 'acme' })
  const users: DemoUser[] = [{ id: acme.owner.userId, email: olivia.email, password: olivia.password, role: 'owner' }]
  for (const colleague of COLLEAGUES) {
    o.note(`Acme: ${colleague.role}`)
    const { email, password, name } = person(colleague.name, colleague.email)
    const id = await bringIn(client, {
      owner: acme.owner,
      organizationId: acme.organizationId,
      person: { email, password, name },
      roles: colleague.roles,
    })
    await client.call('PATCH', `/v1/organizations/${acme.organizationId}/members/${id}`, {
      token: acme.owner.access,
      body: { attributes: colleague.attributes },
    })
    users.push({ id, email, password, role: colleague.role })
  }

  o.note('Acme: API key')
  const apiKey = await makeApiKey(client, acme)

  o.note('demo application')
  const application = await registerApplication(client, { token: admin.access, url: o.applicationUrl })

  o.note('second organization')
  const otto = person('Otto Other', 'otto@other.example')
  const other = await foundOrganization(client, otto, { name: 'Other Ltd', slug: 'other' })
  return {
    organization_id: acme.organizationId,
    users,
    api_key: apiKey,
    application,
    catalog: {
      resource_type: demoApplication.resource_types[0]?.key ?? '',
      policies: demoApplication.policies.map((policy) => policy.key),
    },
    other: {
      organization_id: other.organizationId,
      users: [{ id: other.owner.userId, email: otto.email, password: otto.password, role: 'owner' }],
    },
  }
}

/** One more key of the demo's service account, made by the owner of the demo organization. */
export async function makeDemoKey(o: { gateway: string; mailbox: string; demo: DemoRecord }): Promise<string> {
  const client = createClient(o)
  const [owner] = o.demo.users
  if (owner === undefined) throw new Error('the demo has no owner')
  const organizationId = o.demo.organization_id
  return makeApiKey(client, { owner: await signIn(client, { ...owner, organizationId }), organizationId })
}

export async function signIn(
  client: DemoClient,
  o: { email: string; password: string; organizationId?: string | null },
): Promise<Session> {
  const session = await trySignIn(client, o)
  if (session === undefined) throw new Error(`${o.email} cannot sign in: wrong password, or one more step is asked for`)
  return session
}

type Tokens = {
  status: string
  access_token: string
  refresh_token: string
  user: { id: string }
  organization: { id: string } | null
}

const sessionOf = (tokens: Tokens): Session => ({
  access: tokens.access_token,
  refresh: tokens.refresh_token,
  userId: tokens.user.id,
  organizationId: tokens.organization?.id ?? null,
})

/** Undefined if there is no such account yet, or its address is not verified. */
async function trySignIn(
  client: DemoClient,
  o: { email: string; password: string; organizationId?: string | null },
): Promise<Session | undefined> {
  const body = {
    email: o.email,
    password: o.password,
    ...(o.organizationId === undefined ? {} : { organization_id: o.organizationId }),
  }
  const answer = await client.call<Tokens>('POST', '/v1/auth/login', { body, accept: [401] })
  return answer?.status === 'authenticated' ? sessionOf(answer) : undefined
}

async function ensureAccount(client: DemoClient, person: Person): Promise<Session> {
  const known = await trySignIn(client, person)
  if (known !== undefined) return known
  const mark = await client.mailMark(person.email)
  await client.call('POST', '/v1/auth/register', { body: person })
  // An address that was registered before an interruption gets a new link only when it asks.
  if (mark > 0) await client.call('POST', '/v1/auth/verify-email/resend', { body: { email: person.email } })
  const token = await client.mailedToken({ to: person.email, after: mark })
  await client.call('POST', '/v1/auth/verify-email', { body: { token } })
  return signIn(client, person)
}

async function enter(client: DemoClient, session: Session, organizationId: string): Promise<Session> {
  const tokens = await client.call<Tokens>('POST', '/v1/auth/refresh', {
    body: { refresh_token: session.refresh, organization_id: organizationId },
  })
  return sessionOf(tokens)
}

async function foundOrganization(
  client: DemoClient,
  owner: Person,
  organization: { name: string; slug: string },
): Promise<{ owner: Session; organizationId: string }> {
  const session = await ensureAccount(client, owner)
  const { data } = await client.call<{ data: { id: string; slug: string }[] }>('GET', '/v1/me/organizations', {
    token: session.access,
  })
  const known = data.find(({ slug }) => slug === organization.slug)
  const organizationId =
    known?.id ??
    (await client.call<{ id: string }>('POST', '/v1/organizations', { token: session.access, body: organization })).id
  return { owner: await enter(client, session, organizationId), organizationId }
}

/** Invites a new person, who accepts with name and password. @returns the user's id */
async function bringIn(
  client: DemoClient,
  o: { owner: Session; organizationId: string; person: Person; roles: string[] },
): Promise<string> {
  const members = `/v1/organizations/${o.organizationId}/members`
  const { data } = await client.call<{ data: { user: { id: string; email: string } }[] }>(
    'GET',
    `${members}?limit=100`,
    { token: o.owner.access },
  )
  const known = data.find(({ user }) => user.email === o.person.email)
  if (known !== undefined) return known.user.id
  const mark = await client.mailMark(o.person.email)
  // 409: invited before an interruption; the mail of then is still good.
  const invited = await client.call<object>('POST', `/v1/organizations/${o.organizationId}/invitations`, {
    token: o.owner.access,
    body: { email: o.person.email, roles: o.roles },
    accept: [409],
  })
  const token = await client.mailedToken({ to: o.person.email, after: invited === undefined ? 0 : mark })
  const { user } = await client.call<{ user: { id: string } }>('POST', '/v1/invitations/accept', {
    body: { token, name: o.person.name, password: o.person.password },
  })
  return user.id
}

const SERVICE_ACCOUNT = 'Billing backend'

/**
 * A service account that may ask about others, and a key of it. Of a key whose record an interruption lost nothing can
 * be read again, so a new one is made.
 */
async function makeApiKey(
  client: DemoClient,
  { owner, organizationId }: { owner: Session; organizationId: string },
): Promise<string> {
  const accounts = `/v1/organizations/${organizationId}/service-accounts`
  const { data } = await client.call<{ data: { id: string; name: string }[] }>('GET', `${accounts}?limit=100`, {
    token: owner.access,
  })
  const account =
    data.find(({ name }) => name === SERVICE_ACCOUNT) ??
    (await client.call<{ id: string }>('POST', accounts, { token: owner.access, body: { name: SERVICE_ACCOUNT } }))
  await client.call('PUT', `${accounts}/${account.id}/roles`, { token: owner.access, body: { roles: ['evaluator'] } })
  const { key } = await client.call<{ key: string }>('POST', `${accounts}/${account.id}/keys`, {
    token: owner.access,
    body: { name: 'demo', expires_in_days: 366 },
  })
  return key
}
