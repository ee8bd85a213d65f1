/** Every page, by what it is about. */
import { identify } from '@gatehouse/access/serve/bind-route'
import { serverSettings } from '@gatehouse/access/serve/server'
import { PagesStyle, PasskeyScript } from '@gatehouse/contracts/http/pages'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { bindPages, type BindPage } from '../serve/bind-page.ts'
import { accountRoutes } from './account.ts'
import { applicationRoutes } from './applications.ts'
import { consentRoutes } from './consent.ts'
import { deviceRoutes } from './device.ts'
import { factorRoutes } from './factors.ts'
import { invitationRoutes } from './invitation.ts'
import { memberRoutes } from './members.ts'
import { myDataRoutes } from './my-data.ts'
import { invitationAdminRoutes } from './invitations.ts'
import { domainRoutes } from './domains.ts'
import { notificationRoutes } from './notifications.ts'
import { organizationProfileRoutes } from './organization-profile.ts'
import { organizationRoutes } from './organizations.ts'
import { organizationSettingsRoutes } from './organization-settings.ts'
import { passkeyRoutes } from './passkeys.ts'
import { passwordRoutes } from './passwords.ts'
import { signInRoutes } from './sign-in.ts'
import { signInStepRoutes } from './sign-in-steps.ts'
import { signUpRoutes } from './sign-up.ts'

const register: readonly ((page: BindPage, deps: Deps) => void)[] = [
  signInRoutes,
  signInStepRoutes,
  signUpRoutes,
  passwordRoutes,
  invitationRoutes,
  consentRoutes,
  accountRoutes,
  applicationRoutes,
  organizationRoutes,
  memberRoutes,
  invitationAdminRoutes,
  organizationSettingsRoutes,
  organizationProfileRoutes,
  domainRoutes,
  notificationRoutes,
  deviceRoutes,
  myDataRoutes,
  factorRoutes,
  passkeyRoutes,
]

export function registerRoutes(app: FastifyInstance, deps: Deps): void {
  bindPages(app, deps, (page) => register.forEach((routes) => routes(page, deps)))
  for (const [{ path }, asset] of [
    [PagesStyle, deps.assets.style],
    [PasskeyScript, deps.assets.script],
  ] as const)
    app.get(
      path,
      { exposeHeadRoute: false, onRequest: identify({ auth: 'open', method: 'GET', path }, serverSettings(app)) },
      (_request, reply) =>
        reply.header('cache-control', 'public, max-age=31536000, immutable').type(asset.type).send(asset.body),
    )
}
