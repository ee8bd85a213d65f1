/** The pages around mails, each with its title. */
import type { PageAnswer } from '../serve/answer.ts'
import type { Scene } from './form.tsx'
import { ConfirmView, ForgotView, InvitationView, SignUpView } from './mailed.tsx'

export const signUpPage = (scene: Scene): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.signUp,
  body: <SignUpView scene={scene} />,
})

export const forgotPage = (scene: Scene): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.forgotTitle,
  body: <ForgotView scene={scene} />,
})

export const confirmPage = (
  scene: Scene,
  { title, ...view }: { title: string; text: string; button: string; withPassword?: boolean },
): PageAnswer => ({ kind: 'page', title, body: <ConfirmView scene={scene} {...view} /> })

export const invitationPage = (scene: Scene, email: string | undefined): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.invitationTitle,
  body: <InvitationView scene={scene} {...(email !== undefined && { email })} />,
})
