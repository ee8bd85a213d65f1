/** The pages of one's own account, each with its title. */
import type { User } from '@gatehouse/contracts/http/identity/account'
import type { Factors } from '@gatehouse/contracts/http/identity/factors'
import type { Passkey } from '@gatehouse/contracts/http/identity/passkeys'
import type { Session } from '@gatehouse/contracts/http/tokens/sessions'
import type { RememberedDevice } from '@gatehouse/contracts/http/identity/remembered-devices'
import type { PageAnswer } from '../serve/answer.ts'
import { ChangePasswordView, PasskeysView, ProfileView, RecoveryCodesView, SessionsView, TotpView } from './account.tsx'
import type { Scene } from './form.tsx'
import { RememberedView } from './remembered-devices.tsx'

export const profilePage = (scene: Scene, me: User): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.account,
  body: <ProfileView scene={scene} me={me} />,
})

export const passwordChangePage = (scene: Scene): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.password,
  body: <ChangePasswordView scene={scene} />,
})

export const totpPage = (scene: Scene, factors: Factors): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.authenticator,
  body: <TotpView scene={scene} factors={factors} />,
})

export const recoveryCodesPage = (scene: Scene, factors: Factors): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.recoveryCodes,
  body: <RecoveryCodesView scene={scene} factors={factors} />,
})

export const passkeysPage = (scene: Scene, passkeys: readonly Passkey[]): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.passkeys,
  withScript: true,
  body: <PasskeysView scene={scene} passkeys={passkeys} />,
})

type Places = { sessions: readonly Session[]; remembered: readonly RememberedDevice[] }

export const sessionsPage = (scene: Scene, { sessions, remembered }: Places): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.sessions,
  body: (
    <SessionsView scene={scene} sessions={sessions}>
      <RememberedView scene={scene} remembered={remembered} />
    </SessionsView>
  ),
})
