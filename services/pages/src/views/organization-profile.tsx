/** What an organization is called and looks like, and its end. */
import type { ComponentChild } from 'preact'
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import type { PageAnswer } from '../serve/answer.ts'
import { Button, Field, Form, type Scene } from './form.tsx'
import { Managing } from './managing.tsx'

type Shown = { organization: Organization; etag: string }

export const organizationProfilePage = (scene: Scene, shown: Shown): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.profile,
  body: <ProfileView scene={scene} {...shown} />,
})

function ProfileView({ scene, organization: { name, slug, colors }, etag }: { scene: Scene } & Shown): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  const color = { autocomplete: 'off', hint: texts.colorHint, isOptional: true } as const
  return (
    <Managing scene={scene}>
      <Form scene={scene} id="profile-form">
        <input type="hidden" name="etag" value={etag} />
        <Field visit={visit} name="name" label={texts.name} autocomplete="organization" value={name} />
        <Field
          visit={visit}
          name="background"
          label={texts.colorBackground}
          value={colors?.background ?? ''}
          {...color}
        />
        <Field visit={visit} name="text" label={texts.colorText} value={colors?.text ?? ''} {...color} />
        <Button id="save" name="action" value="save">
          {texts.save}
        </Button>
      </Form>
      <h2>{texts.deleteOrganizationTitle}</h2>
      <p>{texts.deleteOrganizationText}</p>
      <Form scene={scene} id="delete-form">
        <p>
          {texts.slug}: <code id="slug-of-it">{slug}</code>
        </p>
        <Field visit={visit} name="slug" label={texts.slugAgain} autocomplete="off" />
        <Button id="delete" name="action" value="delete" kind="danger">
          {texts.deleteOrganization}
        </Button>
      </Form>
    </Managing>
  )
}
