/** Which events tell whom inside the product, written out: what is not in this table tells nobody. */
import type { EventContract, EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { MemberRolesChanged } from '@gatehouse/contracts/events/authz/assignment'
import { FactorsChanged, RecoveryCodeUsed } from '@gatehouse/contracts/events/identity/factors'
import { UserDeletionRequested, UserEmailChanged, UserPasswordChanged } from '@gatehouse/contracts/events/identity/user'
import {
  AccessRequestApproved,
  AccessRequestCreated,
  AccessRequestDenied,
} from '@gatehouse/contracts/events/orgs/access-request'
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { ImpersonationBegun } from '@gatehouse/contracts/events/tokens/impersonation'
import { OAuthConsentGranted } from '@gatehouse/contracts/events/tokens/oauth-consent'
import { SecurityAlertRaised } from '@gatehouse/contracts/events/workers/security-alert'
import { WebhookDisabled } from '@gatehouse/contracts/events/workers/webhook'
import type { NotificationKind } from '@gatehouse/contracts/http/workers/notifications'
import { isTold } from '../alerts/rules.ts'
import { readEvent } from '../mails/read-event.ts'
import type { Facts } from './titles.ts'

/** Whom an event tells what. */
export type Told = { userId: string; kind: NotificationKind; data: Facts }

type Notice = { readonly eventType: string; tell(event: EventEnvelope): Told[] }

type EventData<C extends EventContract> = ReturnType<typeof readEvent<C>>['data']
type ToPerson = Facts & { user_id?: string | undefined }

/** @param facts - what of the event its person, or several, are told; undefined when it is no news to them */
function notice<C extends EventContract>(
  event: C,
  kind: NotificationKind,
  facts: (data: EventData<C>) => ToPerson | readonly ToPerson[] | undefined,
): Notice {
  return {
    eventType: event.type,
    tell: (envelope) =>
      [facts(readEvent(event, envelope).data) ?? []]
        .flat()
        .flatMap(({ user_id: userId, ...data }: ToPerson) => (userId === undefined ? [] : { userId, kind, data })),
  }
}

const ofMember = ({ user_id, organization_id }: { user_id: string; organization_id: string }) => ({
  user_id,
  organization_id,
})

export const notices: readonly Notice[] = [
  notice(UserPasswordChanged, 'account.password_changed', ({ user_id, via }) => ({ user_id, via })),
  notice(UserEmailChanged, 'account.email_changed', ({ user_id, via }) => ({ user_id, via })),
  notice(FactorsChanged, 'account.factors_changed', ({ user_id, change }) => ({ user_id, change })),
  notice(RecoveryCodeUsed, 'account.recovery_code_used', ({ user_id, left }) => ({ user_id, left })),
  notice(ImpersonationBegun, 'account.impersonated', ({ user_id, session_id, expires_at, reason }) => ({
    user_id,
    session_id,
    expires_at,
    reason,
  })),
  notice(UserDeletionRequested, 'account.deletion_requested', ({ user_id, due_at }) => ({ user_id, due_at })),
  notice(OAuthConsentGranted, 'account.application_allowed', ({ user_id, client_id, scope }) => ({
    user_id,
    client_id,
    scope,
  })),
  notice(SecurityAlertRaised, 'security.alert', ({ notify, alert_id, rule, severity, organization_id }) =>
    isTold(rule, 'inApp')
      ? notify.map((user_id) => ({
          user_id,
          alert_id,
          rule,
          severity,
          ...(organization_id !== undefined && { organization_id }),
        }))
      : undefined,
  ),
  notice(MembershipCreated, 'membership.joined', ofMember),
  notice(MembershipRemoved, 'membership.removed', (data) => (data.erased === true ? undefined : ofMember(data))),
  notice(MembershipUpdated, 'membership.ownership_changed', (data) =>
    data.changed.includes('is_owner') ? { ...ofMember(data), is_owner: data.is_owner } : undefined,
  ),
  notice(MembershipUpdated, 'membership.status_changed', (data) =>
    data.changed.includes('status') ? { ...ofMember(data), status: data.status } : undefined,
  ),
  notice(MemberRolesChanged, 'membership.roles_changed', (data) => ({
    ...ofMember(data),
    before: data.before,
    after: data.after,
  })),
  notice(AccessRequestCreated, 'access_request.created', ({ owners, organization_id, access_request_id }) =>
    owners.map((user_id) => ({ user_id, organization_id, access_request_id })),
  ),
  notice(AccessRequestApproved, 'access_request.answered', (data) => ({
    ...ofMember(data),
    access_request_id: data.access_request_id,
    answer: 'approved',
  })),
  notice(AccessRequestDenied, 'access_request.answered', (data) => ({
    ...ofMember(data),
    access_request_id: data.access_request_id,
    answer: 'denied',
  })),
  notice(WebhookDisabled, 'webhook.disabled', ({ made_by, webhook_id, organization_id }) => ({
    user_id: made_by,
    webhook_id,
    organization_id,
  })),
]
