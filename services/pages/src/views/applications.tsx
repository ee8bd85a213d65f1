/** What the person allowed applications, each with a button that takes it back. */
import type { ComponentChild } from 'preact'
import type { Consent } from '@gatehouse/contracts/http/tokens/consents'
import type { PageAnswer } from '../serve/answer.ts'
import { Account } from './account.tsx'
import { scopeText } from './consent.tsx'
import { Button, Form, type Scene } from './form.tsx'

export const applicationsPage = (scene: Scene, consents: readonly Consent[]): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.applications,
  body: <ApplicationsView scene={scene} consents={consents} />,
})

function ApplicationsView({ scene, consents }: { scene: Scene; consents: readonly Consent[] }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <p>{consents.length === 0 ? texts.applicationsNone : texts.applicationsText}</p>
      <ul class="things">
        {consents.map(({ id, client, scope }) => (
          <li>
            <p>
              <strong>{client.name}</strong>: {scope.map((one) => scopeText(texts, one)).join(', ')}
            </p>
            <Form scene={scene}>
              <input type="hidden" name="consent" value={id} />
              <Button id={`withdraw-${id}`} kind="plain">
                {texts.withdraw} <span class="aside">{client.name}</span>
              </Button>
            </Form>
          </li>
        ))}
      </ul>
    </Account>
  )
}
