/** The code of a device, and what its application asks for. */
import type { ComponentChild } from 'preact'
import type { DeviceAuthorization } from '@gatehouse/contracts/http/tokens/device-authorizations'
import type { PageAnswer } from '../serve/answer.ts'
import { type Choice, Choices, Scopes } from './consent.tsx'
import { Button, Field, Form, type Scene } from './form.tsx'
import { moment } from './my-data.tsx'

export const deviceCodePage = (scene: Scene, code: string | undefined): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.deviceTitle,
  body: <CodeView scene={scene} {...(code !== undefined && { code })} />,
})

type Asked = { asked: DeviceAuthorization; choices: readonly Choice[] }

export const deviceDecisionPage = (scene: Scene, asked: Asked): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.deviceAsks,
  body: <DecisionView scene={scene} {...asked} />,
})

function CodeView({ scene, code }: { scene: Scene; code?: string }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <>
      <Form scene={scene}>
        <Field
          visit={visit}
          name="user_code"
          label={texts.code}
          autocomplete="off"
          hint={texts.deviceHint}
          {...(code !== undefined && { value: code })}
        />
        <Button id="continue">{texts.continue}</Button>
      </Form>
      <p>
        <a id="cancel" href="/account">
          {texts.cancel}
        </a>
      </p>
    </>
  )
}

function DecisionView({
  scene,
  asked: { client, scope, user_code, requested_from, requested_at },
  choices,
}: { scene: Scene } & Asked): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Form scene={scene}>
      <p>
        {texts.deviceCompare} <strong id="user-code">{user_code}</strong>
      </p>
      <Scopes texts={texts} client={client.name} scope={scope} />
      <p>
        {texts.deviceAskedAt} <time dateTime={requested_at}>{moment(visit, requested_at)}</time>
        {requested_from !== null && `, ${requested_from}`}. {texts.deviceWarning}
      </p>
      <Choices texts={texts} choices={choices} />
      <Button id="approve" name="decision" value="approved">
        {texts.allow}
      </Button>
      <Button id="deny" name="decision" value="denied" kind="plain">
        {texts.deny}
      </Button>
    </Form>
  )
}
