/** The pages of a sign-in, each with its title. */
import type { AuthorizationForPages } from '@gatehouse/contracts/http/tokens/authorizations'
import type { Enrollment } from '../domain/flow.ts'
import type { PageAnswer } from '../serve/answer.ts'
import { SignOutView } from './account.tsx'
import type { Scene } from './form.tsx'
import {
  type CodeStep,
  CodeView,
  EnrollView,
  IdentifierView,
  PasskeyView,
  PasswordView,
  WaitForMailView,
} from './sign-in.tsx'

type Targets = { formTargets: readonly string[] }

export function identifierPage(
  scene: Scene,
  { request, hint, formTargets }: { request: AuthorizationForPages | undefined; hint: string | undefined } & Targets,
): PageAnswer {
  const { client } = request ?? {}
  return {
    kind: 'page',
    title: scene.visit.texts.signIn,
    withScript: true,
    formTargets,
    body: (
      <IdentifierView
        scene={scene}
        {...(client !== undefined && { client: client.name })}
        {...(hint !== undefined && { hint })}
      />
    ),
  }
}

export const passwordPage = (
  scene: Scene,
  { email, offersCode, formTargets }: { email: string | undefined; offersCode: boolean } & Targets,
): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.signInPassword,
  formTargets,
  body: <PasswordView scene={scene} offersCode={offersCode} {...(email !== undefined && { email })} />,
})

type Remembering = { rememberDays: number | undefined }
type CodeOptions = { next: string[]; step: CodeStep } & Remembering & Targets

const codeTitles = { totp: 'codeTitle', recovery_code: 'recoveryTitle', email_code: 'emailCodeTitle' } as const

export const codePage = (scene: Scene, { next, step, rememberDays, formTargets }: CodeOptions): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts[codeTitles[step]],
  formTargets,
  body: <CodeView scene={scene} next={next} step={step} rememberDays={rememberDays} />,
})

export const passkeyPage = (
  scene: Scene,
  { next, options, rememberDays, formTargets }: { next: string[]; options: object } & Remembering & Targets,
): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.passkeyTitle,
  withScript: true,
  formTargets,
  body: <PasskeyView scene={scene} next={next} options={options} rememberDays={rememberDays} />,
})

export const enrollPage = (
  scene: Scene,
  { enrollment, formTargets }: { enrollment: Enrollment } & Targets,
): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.enrollTitle,
  formTargets,
  body: <EnrollView scene={scene} enrollment={enrollment} />,
})

export const waitForMailPage = (scene: Scene, { formTargets }: Targets): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.verifyTitle,
  formTargets,
  body: <WaitForMailView scene={scene} />,
})

export const signOutPage = (scene: Scene): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.signOut,
  body: <SignOutView scene={scene} />,
})
