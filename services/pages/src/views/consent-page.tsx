/** The page of a decision, with its title. */
import type { AuthorizationForPages } from '@gatehouse/contracts/http/tokens/authorizations'
import type { PageAnswer } from '../serve/answer.ts'
import { ConsentView, type Choice } from './consent.tsx'
import type { Scene } from './form.tsx'

export const consentPage = (
  scene: Scene,
  {
    authorization,
    choices,
    formTargets,
  }: { authorization: AuthorizationForPages; choices: readonly Choice[]; formTargets: readonly string[] },
): PageAnswer => ({
  kind: 'page',
  title: authorization.needs.includes('consent') ? scene.visit.texts.consentTitle : scene.visit.texts.organization,
  formTargets,
  body: <ConsentView scene={scene} authorization={authorization} choices={choices} />,
})
