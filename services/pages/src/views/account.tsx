/** The pages of one's own account. */
import type { ComponentChild, ComponentChildren } from 'preact'
import type { User } from '@gatehouse/contracts/http/identity/account'
import type { Factors } from '@gatehouse/contracts/http/identity/factors'
import type { Passkey } from '@gatehouse/contracts/http/identity/passkeys'
import type { Session } from '@gatehouse/contracts/http/tokens/sessions'
import type { Visit } from '../browser/visit.ts'
import { Button, Field, Form, NewPasswordField, type Scene } from './form.tsx'
import { QrCode } from './qr-code.tsx'

const pages = [
  { path: '/account', text: 'profile' },
  { path: '/account/address', text: 'address' },
  { path: '/account/password', text: 'password' },
  { path: '/account/authenticator', text: 'authenticator' },
  { path: '/account/recovery-codes', text: 'recoveryCodes' },
  { path: '/account/passkeys', text: 'passkeys' },
  { path: '/account/sessions', text: 'sessions' },
  { path: '/account/applications', text: 'applications' },
  { path: '/account/organizations', text: 'organizations' },
  { path: '/account/notifications', text: 'notifications' },
  { path: '/account/activity', text: 'activity' },
  { path: '/account/data', text: 'data' },
  { path: '/signout', text: 'signOut' },
] as const

export function Account({ visit, children }: { visit: Visit; children: ComponentChildren }): ComponentChild {
  const { texts, path } = visit
  return (
    <>
      <nav aria-label={texts.account}>
        <ul>
          {pages.map((page) => (
            <li>
              <a href={page.path} aria-current={page.path === path ? 'page' : undefined}>
                {texts[page.text]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {children}
    </>
  )
}

export function ProfileView({ scene, me }: { scene: Scene; me: User }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <p>
        {texts.email}: <strong id="address">{me.email}</strong>
      </p>
      <Form scene={scene}>
        <Field visit={visit} name="name" label={texts.name} autocomplete="name" value={me.name} />
        <Button id="save">{texts.save}</Button>
      </Form>
    </Account>
  )
}

export function ChangePasswordView({ scene }: { scene: Scene }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <Form scene={scene}>
        <Field
          visit={visit}
          name="current_password"
          label={texts.currentPassword}
          type="password"
          autocomplete="current-password"
        />
        <NewPasswordField visit={visit} label={texts.newPassword} />
        <Button id="save">{texts.save}</Button>
      </Form>
    </Account>
  )
}

export function TotpView({ scene, factors }: { scene: Scene; factors: Factors }): ComponentChild {
  const { visit } = scene
  const { texts, flow } = visit
  if (factors.totp !== null)
    return (
      <Account visit={visit}>
        <p>{texts.authenticatorOn}</p>
        <Form scene={scene}>
          <Button id="remove" name="action" value="remove" kind="danger">
            {texts.remove}
          </Button>
        </Form>
      </Account>
    )
  const { enrollment } = flow
  return (
    <Account visit={visit}>
      {enrollment === undefined ? (
        <>
          <p>{texts.authenticatorOff}</p>
          <Form scene={scene}>
            <Button id="begin" name="action" value="begin">
              {texts.setUp}
            </Button>
          </Form>
        </>
      ) : (
        <>
          <QrCode uri={enrollment.uri} />
          <p>
            {texts.key}: <code id="key">{enrollment.secret}</code>
          </p>
          <Form scene={scene}>
            <Field
              visit={visit}
              name="code"
              label={texts.code}
              autocomplete="one-time-code"
              hint={texts.codeHint}
              isCode
            />
            <Button id="confirm" name="action" value="confirm">
              {texts.confirm}
            </Button>
          </Form>
        </>
      )}
    </Account>
  )
}

export function RecoveryCodesView({ scene, factors }: { scene: Scene; factors: Factors }): ComponentChild {
  const { visit } = scene
  const { texts, note } = visit
  return (
    <Account visit={visit}>
      {note?.codes !== undefined && (
        <>
          <p>{texts.keepCodes}</p>
          <ul id="codes">
            {note.codes.map((code) => (
              <li>
                <code>{code}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      <p>
        {texts.recoveryLeft} <strong>{factors.recovery_codes.left}</strong>
      </p>
      <Form scene={scene}>
        <Button id="replace">{texts.newCodes}</Button>
      </Form>
    </Account>
  )
}

export const day = (visit: Visit, instant: string): string =>
  new Intl.DateTimeFormat(visit.language, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(instant))

export function PasskeysView({ scene, passkeys }: { scene: Scene; passkeys: readonly Passkey[] }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <p>{texts.passkeysText}</p>
      {passkeys.length === 0 ? (
        <p>{texts.noneYet}</p>
      ) : (
        <ul class="things">
          {passkeys.map((passkey) => (
            <li>
              <p>
                <strong>{passkey.name}</strong>, {texts.added} {day(visit, passkey.created_at)}
              </p>
              <Form scene={scene}>
                <input type="hidden" name="passkey" value={passkey.id} />
                <Button id={`remove-${passkey.id}`} name="action" value="remove" kind="plain">
                  {texts.remove} <span class="aside">{passkey.name}</span>
                </Button>
              </Form>
            </li>
          ))}
        </ul>
      )}
      <noscript>
        <p>{texts.needsScript}</p>
      </noscript>
      <div data-passkey="add" hidden>
        <Form scene={scene} id="passkey-form">
          <input type="hidden" name="action" value="add" />
          <input type="hidden" name="credential" value="" />
          <Field visit={visit} name="name" label={texts.name} autocomplete="off" />
          <button type="button" id="passkey" class="main">
            {texts.addPasskey}
          </button>
        </Form>
      </div>
    </Account>
  )
}

export function SessionsView({
  scene,
  sessions,
  children,
}: {
  scene: Scene
  sessions: readonly Session[]
  children: ComponentChildren
}): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <p>{texts.sessionsText}</p>
      <ul class="things">
        {sessions.map((session) => (
          <li>
            <p>
              <strong>{session.device.name}</strong>
              {session.current && ` (${texts.thisDevice})`}
              {session.impersonated_by !== null && ` (${texts.impersonated})`}, {texts.lastSeen}{' '}
              {day(visit, session.last_seen_at)}
            </p>
            {!session.current && (
              <Form scene={scene}>
                <input type="hidden" name="session" value={session.id} />
                <Button id={`end-${session.id}`} name="action" value="end" kind="plain">
                  {texts.end} <span class="aside">{session.device.name}</span>
                </Button>
              </Form>
            )}
          </li>
        ))}
      </ul>
      <Form scene={scene}>
        <Button id="end-others" name="action" value="end-others">
          {texts.endOthers}
        </Button>
      </Form>
      {children}
    </Account>
  )
}

export function SignOutView({ scene }: { scene: Scene }): ComponentChild {
  const { texts } = scene.visit
  return (
    <>
      <p>{texts.signOutText}</p>
      <Form scene={scene}>
        <Button id="signout">{texts.signOut}</Button>
      </Form>
      <p>
        <a href="/account">{texts.cancel}</a>
      </p>
    </>
  )
}
