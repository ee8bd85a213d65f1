/** The pages that links in mails lead to, and those that send such mails. */
import type { ComponentChild } from 'preact'
import { along } from '../domain/way.ts'
import { Button, Field, Form, NewPasswordField, type Scene } from './form.tsx'

export function SignUpView({ scene }: { scene: Scene }): ComponentChild {
  const { visit } = scene
  const { texts, way } = visit
  return (
    <>
      <Form scene={scene}>
        <Field visit={visit} name="name" label={texts.name} autocomplete="name" />
        <Field visit={visit} name="email" label={texts.email} type="email" autocomplete="username" />
        <NewPasswordField visit={visit} label={texts.password} />
        <Button id="continue">{texts.signUp}</Button>
      </Form>
      <p>
        <a id="signin" href={along('/signin', way)}>
          {texts.haveAccount}
        </a>
      </p>
    </>
  )
}

/** A text and one button; with a field for a password where one is to be chosen. */
export function ConfirmView({
  scene,
  text,
  button,
  withPassword = false,
}: {
  scene: Scene
  text: string
  button: string
  withPassword?: boolean
}): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <>
      <p>{text}</p>
      <Form scene={scene}>
        {withPassword && <NewPasswordField visit={visit} label={texts.newPassword} />}
        <Button id="continue">{button}</Button>
      </Form>
    </>
  )
}

export function ForgotView({ scene }: { scene: Scene }): ComponentChild {
  const { visit } = scene
  const { texts, way } = visit
  return (
    <>
      <p>{texts.forgotText}</p>
      <Form scene={scene}>
        <Field visit={visit} name="email" label={texts.email} type="email" autocomplete="username" />
        <Button id="continue">{texts.sendLink}</Button>
      </Form>
      <p>
        <a id="signin" href={along('/signin', way)}>
          {texts.cancel}
        </a>
      </p>
    </>
  )
}

/** As the person who is signed in, as one who has an account, or as one who has none. */
export function InvitationView({ scene, email }: { scene: Scene; email?: string }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <>
      {email === undefined ? (
        <>
          <h2>{texts.newPerson}</h2>
          <Form scene={scene} id="new-person">
            <Field visit={visit} name="name" label={texts.name} autocomplete="name" />
            <NewPasswordField visit={visit} label={texts.password} />
            <Button id="accept" name="action" value="join">
              {texts.accept}
            </Button>
          </Form>
          <p>
            <a id="known" href={along('/signin', { next: visit.path })}>
              {texts.knownPerson}
            </a>
          </p>
        </>
      ) : (
        <Form scene={scene} id="known-person">
          <p>
            {texts.invitationAs} <strong>{email}</strong>?
          </p>
          <Button id="accept" name="action" value="accept">
            {texts.accept}
          </Button>
        </Form>
      )}
      <Form scene={scene} id="decline-form">
        <Button id="decline" name="action" value="decline" kind="plain">
          {texts.decline}
        </Button>
      </Form>
    </>
  )
}
