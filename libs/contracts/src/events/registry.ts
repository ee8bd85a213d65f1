/** Every event there is, by aggregate: the event reference and the audit trail's coverage are made from this list. */
import type { EventContract } from './envelope.ts'
import { assignmentEvents } from './authz/assignment.ts'
import { catalogEvents } from './authz/catalog.ts'
import { entityEvents } from './authz/entity.ts'
import { groupEvents } from './authz/group.ts'
import { permissionEvents } from './authz/permission.ts'
import { policyEvents } from './authz/policy.ts'
import { roleEvents } from './authz/role.ts'
import { deadLetterEvents } from './dead-letter.ts'
import { userEvents } from './identity/user.ts'
import { emailCodeEvents } from './identity/email-code.ts'
import { emailVerificationEvents } from './identity/email-verification.ts'
import { addressChangeEvents } from './identity/address-change.ts'
import { passwordResetEvents } from './identity/password-reset.ts'
import { factorEvents } from './identity/factors.ts'
import { peopleExportEvents } from './identity/people-export.ts'
import { rememberedDeviceEvents } from './identity/remembered-device.ts'
import { signInEvents } from './identity/sign-in.ts'
import { accessRequestEvents } from './orgs/access-request.ts'
import { domainEvents } from './orgs/domain.ts'
import { invitationEvents } from './orgs/invitation.ts'
import { membershipEvents } from './orgs/membership.ts'
import { organizationEvents } from './orgs/organization.ts'
import { apiKeyEvents } from './tokens/api-key.ts'
import { familyEvents } from './tokens/family.ts'
import { impersonationEvents } from './tokens/impersonation.ts'
import { oauthClientEvents } from './tokens/oauth-client.ts'
import { oauthConsentEvents } from './tokens/oauth-consent.ts'
import { registrationTokenEvents } from './tokens/registration-token.ts'
import { serviceAccountEvents } from './tokens/service-account.ts'
import { sessionEvents } from './tokens/session.ts'
import { signingKeyEvents } from './tokens/signing-key.ts'
import { securityAlertEvents } from './workers/security-alert.ts'
import { undeliverableAddressEvents } from './workers/undeliverable-address.ts'
import { webhookEvents } from './workers/webhook.ts'

export const eventContracts: readonly EventContract[] = [
  ...userEvents,
  ...emailCodeEvents,
  ...emailVerificationEvents,
  ...passwordResetEvents,
  ...peopleExportEvents,
  ...addressChangeEvents,
  ...signInEvents,
  ...factorEvents,
  ...rememberedDeviceEvents,
  ...apiKeyEvents,
  ...familyEvents,
  ...impersonationEvents,
  ...oauthClientEvents,
  ...oauthConsentEvents,
  ...registrationTokenEvents,
  ...serviceAccountEvents,
  ...sessionEvents,
  ...signingKeyEvents,
  ...accessRequestEvents,
  ...domainEvents,
  ...invitationEvents,
  ...membershipEvents,
  ...organizationEvents,
  ...assignmentEvents,
  ...catalogEvents,
  ...entityEvents,
  ...groupEvents,
  ...permissionEvents,
  ...policyEvents,
  ...roleEvents,
  ...deadLetterEvents,
  ...webhookEvents,
  ...securityAlertEvents,
  ...undeliverableAddressEvents,
]
