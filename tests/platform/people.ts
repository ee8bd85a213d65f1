/** People as the journey needs them: registered, verified, signed in, acting for an organization. */
import { randomBytes } from 'node:crypto'
import type { Api } from './client.ts'

export type Person = { email: string; password: string; id: string; access: string; refresh: string; session: string }

export const newAddress = (name: string): string => `${name}-${randomBytes(4).toString('hex')}@example.test`
export const newPassword = (): string => `pw ${randomBytes(12).toString('base64url')}`

type Tokens = { access_token: string; refresh_token: string; session_id: string; user: { id: string } }
const tokensOf = (body: Record<string, unknown>): Tokens => body as unknown as Tokens

const expectStatus = (step: string, { status, body }: { status: number; body: unknown }, expected: number): void => {
  if (status !== expected) throw new Error(`${step}: ${status} instead of ${expected}: ${JSON.stringify(body)}`)
}

/** Signs in; without `organization` the platform chooses, `null` asks for none. */
export const signIn = async (
  api: Api,
  { email, password, organization }: { email: string; password: string; organization?: string | null },
): Promise<Person> => {
  const answer = await api.call('POST', '/v1/auth/login', {
    body: { email, password, ...(organization === undefined ? {} : { organization_id: organization }) },
  })
  expectStatus(`login of ${email}`, answer, 200)
  const tokens = tokensOf(answer.body)
  return {
    email,
    password,
    id: tokens.user.id,
    access: tokens.access_token,
    refresh: tokens.refresh_token,
    session: tokens.session_id,
  }
}

/** Registers, reads the mail, verifies and signs in. */
export const signUp = async (api: Api, name: string): Promise<Person> => {
  const email = newAddress(name)
  const password = newPassword()
  expectStatus('register', await api.call('POST', '/v1/auth/register', { body: { email, password, name } }), 202)
  const token = await api.mailToken(email, /verify|confirm/i)
  expectStatus('verify', await api.call('POST', '/v1/auth/verify-email', { body: { token } }), 200)
  return signIn(api, { email, password })
}

/** Rotates the refresh token, for this organization if one is named. */
export const refreshed = async (api: Api, person: Person, organization?: string | null): Promise<Person> => {
  const body = {
    refresh_token: person.refresh,
    ...(organization === undefined ? {} : { organization_id: organization }),
  }
  const answer = await api.call('POST', '/v1/auth/refresh', { body })
  expectStatus(`refresh of ${person.email}`, answer, 200)
  const tokens = tokensOf(answer.body)
  return { ...person, access: tokens.access_token, refresh: tokens.refresh_token }
}

/** Creates an organization and acts for it. */
export const found = async (api: Api, person: Person, name: string): Promise<{ owner: Person; org: string }> => {
  const created = await api.call('POST', '/v1/organizations', { token: person.access, body: { name } })
  expectStatus('create organization', created, 201)
  const org = String(created.body['id'])
  return { owner: await refreshed(api, person, org), org }
}

/** Invites an existing person and lets them accept; they act for the organization afterwards. */
export const join = async (
  api: Api,
  { owner, org, person, roles }: { owner: Person; org: string; person: Person; roles: string[] },
): Promise<Person> => {
  expectStatus(
    'invite',
    await api.call('POST', `/v1/organizations/${org}/invitations`, {
      token: owner.access,
      body: { email: person.email, roles },
    }),
    201,
  )
  const token = await api.mailToken(person.email, /invit/i)
  expectStatus(
    'accept',
    await api.call('POST', '/v1/invitations/accept', { token: person.access, body: { token } }),
    200,
  )
  return refreshed(api, person, org)
}
