/**
 * Every page for people, written out: the gateway passes these on to `pages` and nothing else. Links in mails lead to
 * them.
 */
import { definePage, type PageContract } from './page.ts'

const form = { methods: ['GET', 'POST'], limit: 'credentials' } as const

export const SignInPage = definePage({ ...form, operationId: 'signInPage', path: '/signin' })
export const SignInPasswordPage = definePage({ ...form, operationId: 'signInPasswordPage', path: '/signin/password' })
export const SignInCodePage = definePage({ ...form, operationId: 'signInCodePage', path: '/signin/code' })
export const SignInRecoveryPage = definePage({
  ...form,
  operationId: 'signInRecoveryPage',
  path: '/signin/recovery-code',
})
export const SignInPasskeyPage = definePage({ ...form, operationId: 'signInPasskeyPage', path: '/signin/passkey' })
export const SignInEnrollPage = definePage({ ...form, operationId: 'signInEnrollPage', path: '/signin/enroll' })
export const SignInVerifyPage = definePage({ ...form, operationId: 'signInVerifyPage', path: '/signin/verify' })
export const SignInEmailCodePage = definePage({
  ...form,
  operationId: 'signInEmailCodePage',
  path: '/signin/email-code',
})
/** What the script of the sign-in page asks for when the browser can offer passkeys in the address field. */
export const SignInPasskeyOptions = definePage({
  operationId: 'signInPasskeyOptions',
  path: '/signin/passkey-options',
  methods: ['POST'],
  limit: 'credentials',
})
export const SignUpPage = definePage({ ...form, operationId: 'signUpPage', path: '/signup' })
export const VerifyEmailPage = definePage({ ...form, operationId: 'verifyEmailPage', path: '/verify-email' })
export const ForgotPasswordPage = definePage({ ...form, operationId: 'forgotPasswordPage', path: '/forgot-password' })
export const ResetPasswordPage = definePage({ ...form, operationId: 'resetPasswordPage', path: '/reset-password' })
export const ConfirmAddressPage = definePage({ ...form, operationId: 'confirmAddressPage', path: '/email/confirm' })
export const UndoAddressPage = definePage({ ...form, operationId: 'undoAddressPage', path: '/email/undo' })
export const InvitationPage = definePage({ ...form, operationId: 'invitationPage', path: '/invitations/accept' })
export const ConsentPage = definePage({ operationId: 'consentPage', path: '/consent', methods: ['GET', 'POST'] })
export const SignOutPage = definePage({ operationId: 'signOutPage', path: '/signout', methods: ['GET', 'POST'] })
export const AccountPage = definePage({ operationId: 'accountPage', path: '/account', methods: ['GET', 'POST'] })
export const AccountPasswordPage = definePage({
  ...form,
  operationId: 'accountPasswordPage',
  path: '/account/password',
})
export const AccountTotpPage = definePage({ ...form, operationId: 'accountTotpPage', path: '/account/authenticator' })
export const AccountRecoveryPage = definePage({
  ...form,
  operationId: 'accountRecoveryPage',
  path: '/account/recovery-codes',
})
export const AccountPasskeysPage = definePage({
  ...form,
  operationId: 'accountPasskeysPage',
  path: '/account/passkeys',
})
export const AccountPasskeyOptions = definePage({
  operationId: 'accountPasskeyOptions',
  path: '/account/passkey-options',
  methods: ['POST'],
  limit: 'credentials',
})
export const AccountSessionsPage = definePage({
  operationId: 'accountSessionsPage',
  path: '/account/sessions',
  methods: ['GET', 'POST'],
})
export const AccountApplicationsPage = definePage({
  operationId: 'accountApplicationsPage',
  path: '/account/applications',
  methods: ['GET', 'POST'],
})
export const AccountAddressPage = definePage({ ...form, operationId: 'accountAddressPage', path: '/account/address' })
export const AccountOrganizationsPage = definePage({
  operationId: 'accountOrganizationsPage',
  path: '/account/organizations',
  methods: ['GET', 'POST'],
})
export const AccountActivityPage = definePage({
  operationId: 'accountActivityPage',
  path: '/account/activity',
  methods: ['GET'],
})
export const AccountDataPage = definePage({
  operationId: 'accountDataPage',
  path: '/account/data',
  methods: ['GET', 'POST'],
})
export const AccountNotificationsPage = definePage({
  operationId: 'accountNotificationsPage',
  path: '/account/notifications',
  methods: ['GET', 'POST'],
})
/** Where a device without a browser sends people (RFC 8628 §3.3); `user_code` may stand in the query. */
export const DevicePage = definePage({ ...form, operationId: 'devicePage', path: '/device' })
const managed = { methods: ['GET', 'POST'] } as const
/** Of an organization, which stands in the query as `organization`; without it, of the one acted for last. */
export const MembersPage = definePage({ ...managed, operationId: 'membersPage', path: '/organization/members' })
/** Of one member, who stands in the query as `user`. */
export const MemberPage = definePage({ ...managed, operationId: 'memberPage', path: '/organization/member' })
export const InvitationsPage = definePage({
  ...managed,
  operationId: 'invitationsPage',
  path: '/organization/invitations',
})
export const OrganizationSettingsPage = definePage({
  ...managed,
  operationId: 'organizationSettingsPage',
  path: '/organization/settings',
})
export const OrganizationProfilePage = definePage({
  ...managed,
  operationId: 'organizationProfilePage',
  path: '/organization/profile',
})
export const DomainsPage = definePage({ ...managed, operationId: 'domainsPage', path: '/organization/domains' })
export const PagesStyle = definePage({ operationId: 'pagesStyle', path: '/assets/pages.css', methods: ['GET'] })
export const PasskeyScript = definePage({ operationId: 'passkeyScript', path: '/assets/passkey.js', methods: ['GET'] })

export const pageRoutes: readonly PageContract[] = [
  SignInPage,
  SignInPasswordPage,
  SignInCodePage,
  SignInRecoveryPage,
  SignInPasskeyPage,
  SignInEnrollPage,
  SignInVerifyPage,
  SignInEmailCodePage,
  SignInPasskeyOptions,
  SignUpPage,
  VerifyEmailPage,
  ForgotPasswordPage,
  ResetPasswordPage,
  ConfirmAddressPage,
  UndoAddressPage,
  InvitationPage,
  ConsentPage,
  SignOutPage,
  AccountPage,
  AccountPasswordPage,
  AccountTotpPage,
  AccountRecoveryPage,
  AccountPasskeysPage,
  AccountPasskeyOptions,
  AccountSessionsPage,
  AccountApplicationsPage,
  AccountAddressPage,
  AccountOrganizationsPage,
  AccountActivityPage,
  AccountDataPage,
  AccountNotificationsPage,
  DevicePage,
  MembersPage,
  MemberPage,
  InvitationsPage,
  OrganizationSettingsPage,
  OrganizationProfilePage,
  DomainsPage,
  PagesStyle,
  PasskeyScript,
]

/** The pages that links in mails lead to, with the secret of the mail in `token`. */
export type MailedPage =
  | typeof VerifyEmailPage
  | typeof ResetPasswordPage
  | typeof ConfirmAddressPage
  | typeof UndoAddressPage
  | typeof InvitationPage
