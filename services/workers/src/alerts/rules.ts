/**
 * The rules of security alerts, written out: which event is a finding at once, and which counts within a window. Pure;
 * the windows are settled in SQL.
 */
import type { EventContract, EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { FactorsChanged, PasskeyCounterRegressed } from '@gatehouse/contracts/events/identity/factors'
import {
  SignInFailed,
  SignInLocked,
  SignInRefusedWhileLocked,
  SignInSourceLimited,
} from '@gatehouse/contracts/events/identity/sign-in'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { ApiKeyCreated, ApiKeyExpiring, ApiKeyMakerLeft } from '@gatehouse/contracts/events/tokens/api-key'
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import { SessionStarted } from '@gatehouse/contracts/events/tokens/session'
import type { AlertRule, AlertSeverity } from '@gatehouse/contracts/http/workers/security-alerts'
import { readEvent } from '../mails/read-event.ts'

/**
 * What was found: about whom, and what makes it the same thing as another one. Neither person nor organization: it is
 * the platform's.
 */
export type Finding = {
  rule: AlertRule
  severity: AlertSeverity
  userId?: string
  orgId?: string
  /** Who is told beside the owners of the organization. */
  alsoTell?: string | undefined
  sameAs: string
  data: Record<string, unknown>
}

/** Under which condition a finding stands; absent: always. */
export type Condition =
  /** So many different `member`s were noted under `key` within the window. */
  | { kind: 'many_members'; key: string; member: string; windowSeconds: number; atLeast: number }
  /** One success was noted under `key` after so many failures within the window. */
  | {
      kind: 'success_after_failures'
      key: string
      member: 'success' | 'failure'
      windowSeconds: number
      atLeast: number
    }
  /** The person has used other devices, and never this one. */
  | { kind: 'unknown_device'; userId: string; device: string }

export type Candidate = { finding: Finding; when?: Condition }

/**
 * Who is told beyond the list of alerts: nobody twice, so what has a mail or a notification of its own has none here.
 */
const tells: Readonly<Record<AlertRule, { mail: boolean; inApp: boolean }>> = {
  refresh_token_reused: { mail: false, inApp: true },
  passkey_copied: { mail: false, inApp: true },
  right_password_while_locked: { mail: false, inApp: true },
  sign_in_locked: { mail: false, inApp: true },
  success_after_failures: { mail: true, inApp: true },
  new_device: { mail: true, inApp: true },
  second_factor_removed: { mail: false, inApp: false },
  guessing_from_one_source: { mail: false, inApp: false },
  api_key_created: { mail: true, inApp: true },
  api_key_expiring: { mail: true, inApp: true },
  api_key_maker_left: { mail: true, inApp: true },
  owner_changed: { mail: true, inApp: true },
}

export const isTold = (rule: AlertRule, channel: 'mail' | 'inApp'): boolean => tells[rule][channel]

type Rule = { readonly eventType: string; read(event: EventEnvelope): Candidate | undefined }

type EventData<C extends EventContract> = ReturnType<typeof readEvent<C>>['data']

const rule = <C extends EventContract>(
  event: C,
  read: (data: EventData<C>, envelope: EventEnvelope) => Candidate | undefined,
): Rule => ({ eventType: event.type, read: (envelope) => read(readEvent(event, envelope).data, envelope) })

/** Wrong passwords of a person before a right one. */
const failuresBefore = { atLeast: 5, windowSeconds: 900 }
/** People whose passwords one address tried. */
const peopleTried = { atLeast: 10, windowSeconds: 600 }

/** A user agent without its versions: an update is no new device. */
const deviceOf = (userAgent: string | undefined): string | undefined =>
  userAgent === undefined || userAgent.trim() === '' ? undefined : userAgent.replace(/[\d.]+/g, '').slice(0, 512)

const afterFailures = (userId: string, member: 'success' | 'failure'): Candidate => ({
  finding: { rule: 'success_after_failures', severity: 'high', userId, sameAs: userId, data: {} },
  when: { kind: 'success_after_failures', key: userId, member, ...failuresBefore },
})

const guessing = (source: string): Finding => ({
  rule: 'guessing_from_one_source',
  severity: 'high',
  sameAs: source,
  data: { client_address: source },
})

const removals: Readonly<Record<string, AlertSeverity>> = {
  totp_removed: 'medium',
  passkey_removed: 'medium',
  reset: 'high',
}

export const rules: readonly Rule[] = [
  rule(FamilyRevoked, ({ user_id: userId, session_id, reason }) =>
    reason === 'reuse_detected'
      ? {
          finding: { rule: 'refresh_token_reused', severity: 'high', userId, sameAs: session_id, data: { session_id } },
        }
      : undefined,
  ),
  rule(PasskeyCounterRegressed, ({ user_id: userId, passkey_id }) => ({
    finding: { rule: 'passkey_copied', severity: 'critical', userId, sameAs: passkey_id, data: { passkey_id } },
  })),
  rule(SignInRefusedWhileLocked, ({ user_id: userId }) => ({
    finding: { rule: 'right_password_while_locked', severity: 'high', userId, sameAs: userId, data: {} },
  })),
  rule(SignInLocked, ({ user_id: userId }) => ({
    finding: { rule: 'sign_in_locked', severity: 'medium', userId, sameAs: userId, data: {} },
  })),
  rule(FactorsChanged, ({ user_id: userId, change }) => {
    const severity = removals[change]
    return (
      severity && { finding: { rule: 'second_factor_removed', severity, userId, sameAs: userId, data: { change } } }
    )
  }),
  rule(SessionStarted, ({ user_id: userId, session_id }, { useragent }) => {
    const device = deviceOf(useragent)
    if (device === undefined) return undefined
    return {
      finding: { rule: 'new_device', severity: 'low', userId, sameAs: session_id, data: { session_id } },
      when: { kind: 'unknown_device', userId, device },
    }
  }),
  rule(SessionStarted, ({ user_id: userId }) => afterFailures(userId, 'success')),
  rule(SignInFailed, ({ user_id: userId }) => afterFailures(userId, 'failure')),
  rule(SignInFailed, ({ user_id: userId }, { clientaddress: source }) =>
    source === undefined
      ? undefined
      : { finding: guessing(source), when: { kind: 'many_members', key: source, member: userId, ...peopleTried } },
  ),
  rule(SignInSourceLimited, (_, { clientaddress: source }) =>
    source === undefined ? undefined : { finding: guessing(source) },
  ),
  // A key of the platform is its operators', who have it in their audit trail with the reason.
  rule(ApiKeyCreated, ({ organization_id: orgId, api_key_id, service_account_id }) =>
    orgId === null
      ? undefined
      : {
          finding: {
            rule: 'api_key_created',
            severity: 'low',
            orgId,
            sameAs: orgId,
            data: { api_key_id, service_account_id },
          },
        },
  ),
  rule(ApiKeyExpiring, ({ organization_id: orgId, api_key_id, service_account_id, expires_at, maker }) => ({
    finding: {
      rule: 'api_key_expiring',
      severity: 'low',
      ...(orgId !== null && { orgId }),
      ...(maker !== null && { alsoTell: maker }),
      sameAs: api_key_id,
      data: { api_key_id, service_account_id, expires_at },
    },
  })),
  // All keys of one maker are one thing to look at.
  rule(ApiKeyMakerLeft, ({ organization_id: orgId, api_key_id, service_account_id, maker }) => ({
    finding: {
      rule: 'api_key_maker_left',
      severity: 'medium',
      ...(orgId !== null && { orgId }),
      sameAs: maker,
      data: { api_key_id, service_account_id, maker },
    },
  })),
  rule(MembershipUpdated, ({ organization_id: orgId, user_id, is_owner, changed }) =>
    changed.includes('is_owner')
      ? { finding: { rule: 'owner_changed', severity: 'high', orgId, sameAs: orgId, data: { user_id, is_owner } } }
      : undefined,
  ),
]
