/** The pages of a sign-in: who, then one step after another. */
import type { ComponentChild } from 'preact'
import type { Enrollment } from '../domain/flow.ts'
import { along } from '../domain/way.ts'
import { Button, Field, Form, type Scene } from './form.tsx'
import { QrCode } from './qr-code.tsx'

const link = ({ visit: { way } }: Scene, path: string): string => along(path, way)

export function IdentifierView({
  scene,
  client,
  hint,
}: {
  scene: Scene
  client?: string
  hint?: string
}): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <>
      {client !== undefined && (
        <p>
          {texts.signInTo} <strong>{client}</strong>
        </p>
      )}
      <Form scene={scene} id="identifier">
        <Field
          visit={visit}
          name="email"
          label={texts.email}
          type="email"
          autocomplete="username webauthn"
          {...(hint !== undefined && { value: hint })}
        />
        <Button id="continue">{texts.continue}</Button>
      </Form>
      <PasskeyForm scene={scene} />
      <p>
        <a id="signup" href={link(scene, '/signup')}>
          {texts.noAccount}
        </a>
      </p>
      {visit.way.request !== undefined && <Cancel scene={scene} />}
    </>
  )
}

/** Where an application waits for an answer, it gets one. */
export function Cancel({ scene }: { scene: Scene }): ComponentChild {
  return (
    <Form scene={scene} to="/signin" id="cancel-form">
      <Button id="cancel" name="action" value="cancel" kind="plain">
        {scene.visit.texts.cancel}
      </Button>
    </Form>
  )
}

/**
 * Sent by the script alone, when an authenticator has answered. Hidden until the script finds that the browser knows
 * passkeys.
 */
function PasskeyForm({ scene }: { scene: Scene }): ComponentChild {
  return (
    <div data-passkey="sign-in" hidden>
      <Form scene={scene} id="passkey-form" to="/signin">
        <input type="hidden" name="action" value="passkey" />
        <input type="hidden" name="credential" value="" />
        <button type="button" id="passkey" class="plain">
          {scene.visit.texts.withPasskey}
        </button>
      </Form>
    </div>
  )
}

export function PasswordView({
  scene,
  email,
  offersCode,
}: {
  scene: Scene
  email?: string
  offersCode: boolean
}): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <>
      {email !== undefined && (
        <p>
          {texts.signInAs} <strong>{email}</strong>.{' '}
          <a id="other" href={link(scene, '/signin')}>
            {texts.otherAddress}
          </a>
        </p>
      )}
      <Form scene={scene}>
        {email !== undefined && (
          <input type="text" name="username" autocomplete="username" value={email} hidden readOnly />
        )}
        <Field visit={visit} name="password" label={texts.password} type="password" autocomplete="current-password" />
        <Button id="continue">{texts.continue}</Button>
      </Form>
      <p>
        <a id="forgot" href={link(scene, '/forgot-password')}>
          {texts.forgotPassword}
        </a>
      </p>
      {offersCode && (
        <Form scene={scene} to="/signin" id="email-code-form">
          <Button id="email-code" name="action" value="email-code" kind="plain">
            {texts.sendCode}
          </Button>
        </Form>
      )}
      <Cancel scene={scene} />
    </>
  )
}

export type CodeStep = 'totp' | 'recovery_code' | 'email_code'

const hints = { totp: 'codeHint', recovery_code: 'recoveryHint', email_code: 'emailCodeHint' } as const

/** `next`: what may be answered instead. */
type Next = { scene: Scene; next: string[]; rememberDays: number | undefined }

/** Set by the person alone: the device may be anybody's. */
function RememberBox({ scene, rememberDays }: Pick<Next, 'scene' | 'rememberDays'>): ComponentChild {
  const { texts } = scene.visit
  return (
    rememberDays !== undefined && (
      <p class="choice">
        <input type="checkbox" name="remember_device" id="remember_device" />
        <label for="remember_device">
          {texts.rememberDevice} {rememberDays}
        </label>
      </p>
    )
  )
}

export function CodeView({ scene, next, step, rememberDays }: Next & { step: CodeStep }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  const isRecovery = step === 'recovery_code'
  return (
    <>
      <Form scene={scene}>
        <Field
          visit={visit}
          name="code"
          label={texts.code}
          autocomplete={isRecovery ? 'off' : 'one-time-code'}
          hint={texts[hints[step]]}
          isCode={!isRecovery}
        />
        <RememberBox scene={scene} rememberDays={rememberDays} />
        <Button id="continue">{texts.continue}</Button>
      </Form>
      <OtherSteps scene={scene} next={next} but={step} />
      <Cancel scene={scene} />
    </>
  )
}

const others = [
  { step: 'totp', path: '/signin/code', text: 'useCode' },
  { step: 'passkey', path: '/signin/passkey', text: 'usePasskey' },
  { step: 'recovery_code', path: '/signin/recovery-code', text: 'useRecovery' },
] as const

function OtherSteps({ scene, next, but }: { scene: Scene; next: string[]; but: string }): ComponentChild {
  return (
    <ul class="plain-list">
      {others
        .filter(({ step }) => step !== but && next.includes(step))
        .map(({ step, path, text }) => (
          <li>
            <a id={`use-${step}`} href={link(scene, path)}>
              {scene.visit.texts[text]}
            </a>
          </li>
        ))}
    </ul>
  )
}

export function PasskeyView({ scene, next, options, rememberDays }: Next & { options: object }): ComponentChild {
  const { texts } = scene.visit
  return (
    <>
      <p>{texts.passkeyText}</p>
      <noscript>
        <p>{texts.needsScript}</p>
      </noscript>
      <div data-passkey="step" data-options={JSON.stringify(options)} hidden>
        <Form scene={scene} id="passkey-form">
          <input type="hidden" name="credential" value="" />
          <RememberBox scene={scene} rememberDays={rememberDays} />
          <button type="button" id="passkey" class="main">
            {texts.usePasskey}
          </button>
        </Form>
      </div>
      <OtherSteps scene={scene} next={next} but="passkey" />
      <Cancel scene={scene} />
    </>
  )
}

export function EnrollView({ scene, enrollment }: { scene: Scene; enrollment: Enrollment }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <>
      <p>{texts.enrollText}</p>
      <QrCode uri={enrollment.uri} />
      <p>
        {texts.key}: <code id="key">{enrollment.secret}</code>
      </p>
      <Form scene={scene}>
        <input type="hidden" name="action" value="confirm" />
        <Field visit={visit} name="code" label={texts.code} autocomplete="one-time-code" hint={texts.codeHint} isCode />
        <Button id="continue">{texts.continue}</Button>
      </Form>
      <Cancel scene={scene} />
    </>
  )
}

export function WaitForMailView({ scene }: { scene: Scene }): ComponentChild {
  const { texts } = scene.visit
  return (
    <>
      <p>{texts.verifyText}</p>
      <Form scene={scene}>
        <Button id="continue">{texts.verified}</Button>
      </Form>
      <Cancel scene={scene} />
    </>
  )
}
