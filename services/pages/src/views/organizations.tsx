/** The organizations of a person: the one they act for, the others, and a form for a new one. */
import { randomUUID } from 'node:crypto'
import type { ComponentChild } from 'preact'
import type { Organization } from '@gatehouse/contracts/http/orgs/organizations'
import { along } from '../domain/way.ts'
import type { PageAnswer } from '../serve/answer.ts'
import { Account } from './account.tsx'
import { Button, Field, Form, type Scene } from './form.tsx'
import { moment } from './my-data.tsx'

type Shown = { organizations: readonly Organization[]; deleting: readonly Organization[]; actsFor: string | null }

export const organizationsPage = (scene: Scene, shown: Shown): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.organizations,
  body: <OrganizationsView scene={scene} {...shown} />,
})

function OrganizationsView({ scene, organizations, deleting, actsFor }: { scene: Scene } & Shown): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <p>{organizations.length === 0 ? texts.noneYet : texts.organizationsText}</p>
      <ul class="things">
        {organizations.map((organization) => (
          <Item scene={scene} organization={organization} isCurrent={organization.id === actsFor} />
        ))}
        {deleting.map((organization) => (
          <DeletedItem scene={scene} organization={organization} />
        ))}
      </ul>
      <h2>{texts.newOrganization}</h2>
      <Form scene={scene} id="create-form">
        <input type="hidden" name="once" value={randomUUID()} />
        <Field visit={visit} name="name" label={texts.name} autocomplete="organization" />
        <Button id="create" name="action" value="create">
          {texts.create}
        </Button>
      </Form>
    </Account>
  )
}

/** Of one that an owner has deleted, until its grace is over. */
function DeletedItem({
  scene,
  organization: { id, name, deletion_due_at: due },
}: {
  scene: Scene
  organization: Organization
}): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <li>
      <p>
        <strong>{name}</strong>
        {due !== null && `, ${texts.deleteDueShort} ${moment(visit, due)}`}
      </p>
      <Form scene={scene}>
        <input type="hidden" name="organization" value={id} />
        <Button id={`restore-${id}`} name="action" value="restore" kind="plain">
          {texts.restore} <span class="aside">{name}</span>
        </Button>
      </Form>
    </li>
  )
}

function Item({
  scene,
  organization: { id, name },
  isCurrent,
}: {
  scene: Scene
  organization: Organization
  isCurrent: boolean
}): ComponentChild {
  const { texts } = scene.visit
  return (
    <li>
      <p>
        <strong>{name}</strong>
        {isCurrent ? ` (${texts.actingFor})` : ''}
      </p>
      <p>
        <a id={`manage-${id}`} href={along('/organization/members', { organization: id })}>
          {texts.manage} <span class="aside">{name}</span>
        </a>
      </p>
      <Form scene={scene}>
        <input type="hidden" name="organization" value={id} />
        {!isCurrent && (
          <Button id={`switch-${id}`} name="action" value="switch" kind="plain">
            {texts.switchTo} <span class="aside">{name}</span>
          </Button>
        )}
        <Button id={`leave-${id}`} name="action" value="leave" kind="plain">
          {texts.leave} <span class="aside">{name}</span>
        </Button>
      </Form>
    </li>
  )
}
