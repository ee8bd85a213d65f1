/** Every mail of the list: named after its file, whole in every language, with nothing but ids in its job. */
import { readdirSync } from 'node:fs'
import t from 'tap'
import { PasswordResetRequested } from '@gatehouse/contracts/events/identity/password-reset'
import { AddressChangeRequested } from '@gatehouse/contracts/events/identity/address-change'
import { UserDeletionRequested, UserEmailChanged, UserPasswordChanged } from '@gatehouse/contracts/events/identity/user'
import { SignInLocked, SignInRefusedWhileLocked } from '@gatehouse/contracts/events/identity/sign-in'
import { FactorsChanged, PasskeyCounterRegressed, RecoveryCodeUsed } from '@gatehouse/contracts/events/identity/factors'
import { EmailCodeRequested } from '@gatehouse/contracts/events/identity/email-code'
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification'
import { SecurityAlertRaised } from '@gatehouse/contracts/events/workers/security-alert'
import { WebhookDisabled } from '@gatehouse/contracts/events/workers/webhook'
import { InvitationCreated, InvitationResent } from '@gatehouse/contracts/events/orgs/invitation'
import {
  AccessRequestApproved,
  AccessRequestCreated,
  AccessRequestDenied,
} from '@gatehouse/contracts/events/orgs/access-request'
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import { ImpersonationBegun } from '@gatehouse/contracts/events/tokens/impersonation'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { localeOf, type Locale } from '../../src/mails/locale.ts'
import type { Mail, MailSources, MailStyle } from '../../src/mails/mail.ts'
import { mails } from '../../src/mails/mails.ts'
import { noTemplates } from '../../src/mails/template.ts'
import { publicLink } from '../../src/mails/public-link.ts'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'

const organization = 'Acme\r\nBcc: all@example.com\u202e <img src=x onerror=a()> see https://evil.example/login'
const ids = {
  verification: newId('ver'),
  invitation: newId('inv'),
  user: newId('user'),
  family: newId('fam'),
  reset: newId('rst'),
  change: newId('emc'),
  signIn: newId('sin'),
  organization: newId('org'),
}

/** What the owners answer. */
const sources = (speaks: { locale?: string } = {}): MailSources => ({
  identity: {
    mintEmailVerificationLink: async () => ({ to: 'ann@example.com', name: 'Ann', token: 'gthv_a-b', ...speaks }),
    mintPasswordResetLink: async () => ({ to: 'ann@example.com', name: 'Ann', token: 'gthw_a-b', ...speaks }),
    mintAddressLink: async () => ({ to: 'new@example.com', name: 'Ann', token: 'gthe_a-b', ...speaks }),
    mintEmailCode: async () => ({ to: 'ann@example.com', name: 'Ann', code: '1234 5678', ...speaks }),
    getProfile: async (id) => ({ id, name: 'Ann', email: 'ann@example.com', email_verified: true, ...speaks }),
  },
  orgs: {
    mintInvitationLink: async () => ({
      to: 'bob@example.com',
      organization_name: organization,
      token: 'gthi_1',
    }),
    brandOf: async () => ({
      name: organization,
      logo_url: 'https://cdn.example.com/acme.png?a="1"',
      colors: { background: '#102030', text: '#ffffff' },
    }),
  },
  link: ({ path }, token) => publicLink('https://id.example.com/', path, token),
  digestOf: async ({ limit }) => ({
    notices: [{ kind: 'membership.joined' as const, data: {} }].slice(0, limit),
    count: 3,
  }),
})

/** One event of each kind that makes a mail due. */
const identity = createNeighbour('identity')
const orgs = createNeighbour('orgs')
const tokens = createNeighbour('tokens')
const familyRevoked = (reason: 'reuse_detected' | 'session_ended') =>
  tokens.announce(FamilyRevoked, {
    subject: ids.family,
    time: '2026-11-24T03:04:05.678901Z',
    data: { family_id: ids.family, session_id: newId('ses'), user_id: ids.user, reason },
  })
const accessRequest = {
  access_request_id: newId('arq'),
  organization_id: ids.organization,
  user_id: ids.user,
}
const events = [
  identity.announce(UserDeletionRequested, {
    subject: ids.user,
    data: { user_id: ids.user, due_at: '2026-12-14T03:04:05.678901Z' },
  }),
  identity.announce(EmailCodeRequested, {
    subject: ids.signIn,
    data: { sign_in_id: ids.signIn, user_id: ids.user },
  }),
  identity.announce(EmailVerificationRequested, {
    subject: ids.verification,
    data: { verification_id: ids.verification, user_id: ids.user },
  }),
  orgs.announce(AccessRequestCreated, {
    subject: accessRequest.access_request_id,
    data: { ...accessRequest, kind: 'join', roles: [], owners: [newId('user'), newId('user')] },
  }),
  orgs.announce(AccessRequestApproved, {
    subject: accessRequest.access_request_id,
    data: {
      ...accessRequest,
      kind: 'join',
      membership_id: newId('mem'),
      roles: ['member'],
      approved_by: newId('user'),
      expires_at: null,
    },
  }),
  orgs.announce(AccessRequestDenied, { subject: accessRequest.access_request_id, data: accessRequest }),
  orgs.announce(OrganizationUpdated, {
    subject: ids.organization,
    data: {
      organization_id: ids.organization,
      status: 'suspended',
      changed: ['deletion'],
      deletion_due_at: '2026-12-14T03:04:05.678901Z',
      owners: [ids.user, newId('user')],
    },
  }),
  orgs.announce(InvitationCreated, {
    subject: ids.invitation,
    data: { invitation_id: ids.invitation, organization_id: newId('org'), roles: ['viewer'] },
  }),
  orgs.announce(InvitationResent, {
    subject: ids.invitation,
    data: { invitation_id: ids.invitation, organization_id: newId('org'), roles: ['viewer'] },
  }),
  identity.announce(AddressChangeRequested, {
    subject: ids.change,
    data: { change_id: ids.change, user_id: ids.user },
  }),
  identity.announce(UserEmailChanged, {
    subject: ids.user,
    data: { user_id: ids.user, change_id: ids.change, via: 'confirmation' },
  }),
  identity.announce(PasswordResetRequested, {
    subject: ids.reset,
    data: { reset_id: ids.reset, user_id: ids.user },
  }),
  identity.announce(UserPasswordChanged, {
    subject: ids.user,
    data: { user_id: ids.user, via: 'reset', ends_sessions_below: 3, min_uv: 3 },
  }),
  familyRevoked('reuse_detected'),
  identity.announce(SignInLocked, { subject: newId('sin'), data: { user_id: ids.user, scope: 'account' } }),
  identity.announce(SignInLocked, {
    subject: newId('sin'),
    data: { user_id: ids.user, scope: 'account', step: 'totp' },
  }),
  identity.announce(FactorsChanged, { subject: ids.user, data: { user_id: ids.user, change: 'totp_added' } }),
  identity.announce(PasskeyCounterRegressed, {
    subject: ids.user,
    data: { user_id: ids.user, passkey_id: newId('pky') },
  }),
  createNeighbour('workers').announce(WebhookDisabled, {
    subject: ids.user,
    data: { webhook_id: newId('whk'), organization_id: newId('org'), made_by: ids.user },
  }),
  createNeighbour('workers').announce(WebhookDisabled, {
    subject: newId('whk'),
    data: { webhook_id: newId('whk'), made_by: ids.user },
  }),
  createNeighbour('workers').announce(SecurityAlertRaised, {
    subject: newId('alr'),
    data: {
      alert_id: newId('alr'),
      rule: 'owner_changed',
      severity: 'high',
      count: 1,
      organization_id: newId('org'),
      notify: [ids.user],
    },
  }),
  createNeighbour('tokens').announce(ImpersonationBegun, {
    subject: newId('ses'),
    data: {
      session_id: newId('ses'),
      user_id: ids.user,
      impersonated_by: newId('user'),
      organization_id: null,
      expires_at: '2026-12-14T03:04:05.678Z',
      reason: 'Ticket 4711',
    },
  }),
  identity.announce(RecoveryCodeUsed, { subject: ids.user, data: { user_id: ids.user, left: 2 } }),
  identity.announce(SignInRefusedWhileLocked, { subject: newId('sin'), data: { user_id: ids.user, scope: 'pair' } }),
]

const aboutOf = (mail: Mail): Record<string, string> => {
  if (mail.name === 'notification-digest')
    return { user_id: ids.user, since: '2026-11-24T03:04:05.678Z', until: '2026-11-25T03:04:05.678Z' }
  const about = events
    .filter(({ type }) => type === mail.eventType)
    .flatMap((event) => mail.due(event).map(({ about }) => about))
  const due = about.find((one) => one !== undefined)
  if (due === undefined) throw new Error(`no sample event for ${mail.name}`)
  return due
}
const styleIn = (defaultLocale: Locale): MailStyle => ({ defaultLocale, templates: noTemplates })
const compose = async (mail: Mail, locale: Locale) => {
  const composed = await mail.compose(sources(), aboutOf(mail), styleIn(locale))
  if (composed === null) throw new Error(`${mail.name} was not composed`)
  return composed
}
const named = (name: string): Mail => {
  const found = mails.find((mail) => mail.name === name)
  if (found === undefined) throw new Error(`no mail ${name}`)
  return found
}

t.test('a mail is one file of its name, and every file is in the list', async (t) => {
  const machinery = ['mail', 'mails', 'layout', 'locale', 'public-link', 'read-event', 'template']
  const files = readdirSync(new URL('../../src/mails', import.meta.url)).map((file) => file.replace(/\.ts$/, ''))
  t.same(mails.map(({ name }) => name).sort(), files.filter((file) => !machinery.includes(file)).sort())
})

for (const mail of mails) {
  t.test(
    `${mail.name} is whole in each language, and its job keeps ids, instants, codes and counts only`,
    async (t) => {
      const [en, de] = [await compose(mail, 'en'), await compose(mail, 'de')]
      t.not(en.subject, de.subject)
      t.not(en.text, de.text)
      for (const [locale, { subject, text, html }] of [
        ['en', en],
        ['de', de],
      ] as const) {
        t.notMatch(subject + text + html, /undefined|\$\{|\[object/)
        t.match(html, new RegExp(`<html lang="${locale}">`))
        t.notMatch(subject, /[\r\n]/)
      }
      for (const [key, value] of Object.entries(aboutOf(mail)))
        t.match(value, /^([a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}|\d{4}-\d\d-\d\dT[\d:.]+Z|[a-z]+(_[a-z]+)+|\d{1,3})$/, key)
    },
  )
}

t.test('the language of the person counts before the deployment’s', async (t) => {
  const verification = named('email-verification')
  const composed = await verification.compose(sources({ locale: 'de-AT' }), aboutOf(verification), styleIn('en'))
  t.match(composed?.subject, /Bestätigen/)
  t.match(
    (await verification.compose(sources({ locale: 'fr' }), aboutOf(verification), styleIn('en')))?.subject,
    /Confirm/,
  )
  t.same(
    [localeOf('DE'), localeOf('en-GB'), localeOf('dezember'), localeOf(undefined)],
    ['de', 'en', undefined, undefined],
  )
})

t.test('text and HTML carry the same link: to the public address, with the secret in the query', async (t) => {
  const link = 'https://id.example.com/verify-email?token=gthv_a-b'
  const { text, html } = await compose(named('email-verification'), 'en')
  t.ok(text.includes(link))
  t.ok(html.includes(`<a href="${link}">`))
  t.equal(publicLink('https://id.example.com', '/x', 'a&b=c'), 'https://id.example.com/x?token=a%26b%3Dc')
})

t.test('the name of an organization cannot break out of a header or into HTML, and is no link', async (t) => {
  for (const [name, locale, links] of [
    ['invitation', 'en', 1],
    ['invitation', 'de', 1],
    ['invitation-resent', 'en', 1],
    ['organization-deletion', 'en', 0],
    ['organization-deletion', 'de', 0],
    ['access-request', 'en', 0],
    ['access-request-approved', 'de', 0],
    ['access-request-denied', 'en', 0],
  ] as const) {
    const mail = await compose(named(name), locale)
    t.notMatch(mail.subject, /[\r\n\u202e]/)
    t.notMatch(mail.html, /<img src=x/)
    t.match(mail.html, /<p style="background-color:#102030;color:#ffffff/, 'drawn as the organization is')
    t.notMatch(mail.text, /https:\/\/evil/)
    t.notMatch(mail.text, /evil\.example/)
    t.equal(mail.text.match(/https:\/\//g)?.length ?? 0, links, 'no link but ours')
  }
})

t.test('a logo is in mails to people of the organization, and in none to a stranger', async (t) => {
  const logo = '<img src="https://cdn.example.com/acme.png?a=&quot;1&quot;" alt="" height="40">'
  for (const name of ['access-request', 'access-request-approved', 'access-request-denied', 'organization-deletion'])
    t.ok((await compose(named(name), 'en')).html.includes(logo), name)
  t.notMatch((await compose(named('invitation'), 'en')).html, /<img/, 'nobody learns when an invitation is read')
  t.notMatch((await compose(named('password-reset'), 'en')).html, /<img|style=/, 'no organization, no brand')
})

t.test('each owner is told of the deletion of their organization, and nobody of another change', async (t) => {
  const mail = named('organization-deletion')
  const due = events.filter(({ type }) => type === mail.eventType).flatMap((event) => mail.due(event))
  t.equal(due.length, 2)
  t.equal(new Set(due.map(({ to }) => to)).size, 2, 'a ledger row of their own')
  const data = { organization_id: ids.organization, status: 'active' as const, changed: ['deletion'] }
  for (const more of [{}, { deletion_due_at: null, owners: [ids.user] }, { owners: [ids.user] }])
    t.same(mail.due(orgs.announce(OrganizationUpdated, { subject: ids.organization, data: { ...data, ...more } })), [])
})

t.test('an alarm asks nobody to click, and a family that ended with its session alarms nobody', async (t) => {
  const alarm = named('refresh-token-reused')
  const { text, html } = await compose(alarm, 'en')
  t.match(text, /2026-11-24 03:04:05 UTC/)
  t.notMatch(html, /href/)
  t.same(alarm.due(familyRevoked('session_ended')), [])
})
