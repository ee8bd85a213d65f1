/** What an organization demands of its members: a second factor, and rules for their sessions. */
import {
  GetOrganizationSettings,
  UpdateOrganizationSettings,
  type WantedMfa,
} from '@gatehouse/contracts/http/orgs/settings'
import { OrganizationSettingsPage } from '@gatehouse/contracts/http/pages'
import type { Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { signInMethods } from '../domain/rule-fields.ts'
import { along } from '../domain/way.ts'
import { done, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { managedBy } from '../use-cases/managed-organization.ts'
import { settingsPage } from '../views/organization-settings.tsx'
import { spokenIfUnchanged, withETag } from './concurrency.ts'

export function organizationSettingsRoutes(page: BindPage, deps: Deps): void {
  page(OrganizationSettingsPage, { get: (visit) => show(deps, visit), post: (visit) => change(deps, visit) })
}

async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const read = { params: { org }, user, timeoutMs: 4000 }
  const [settings, etag] = await withETag((more) => deps.orgs.call(GetOrganizationSettings, { ...read, ...more }))
  return settingsPage({ visit, deps }, { settings, etag })
}

/** Each of the two forms changes its own part: the rule for second factors is not set anew by the others. */
async function change(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const { org, user } = await managedBy(deps, visit)
  const { form } = visit
  const body = form.get('action') === 'rules' ? rulesOf(form) : { mfa: mfaOf(form) }
  const query = form.has('confirm') ? { confirm: true } : {}
  const call = { ...spokenIfUnchanged(visit), params: { org }, query, body, user }
  await deps.orgs.call(UpdateOrganizationSettings, call)
  return done(along(OrganizationSettingsPage.path, { organization: org }), 'doneSaved')
}

function mfaOf(form: Visit['form']): WantedMfa {
  const mode = form.get('mfa')
  return mode === 'required' || mode === 'optional' ? { mode } : { mode: 'off' }
}

const rulesOf = (form: Visit['form']) => ({
  session_idle_seconds: secondsOf(form.get('session_idle_minutes')),
  session_lifetime_seconds: secondsOf(form.get('session_lifetime_minutes')),
  allowed_addresses: [...new Set((form.get('allowed_addresses') ?? '').split(/[\s,;]+/))].filter((one) => one !== ''),
  sign_in_methods: signInMethods.filter((method) => form.has(`method.${method}`)),
  join_requests: form.has('join_requests'),
  invitations_by: form.has('owners_invite') ? ('owners' as const) : ('permitted' as const),
})

/** Nothing rules nothing. What is no number is refused by the service, at its field. */
const secondsOf = (minutes = ''): number | null =>
  minutes.trim() === '' ? null : Math.round(Number(minutes.replace(',', '.')) * 60) || 0
