/** Members of an organization and the roles of one. */
import type { ComponentChild } from 'preact'
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import type { Member } from '@gatehouse/contracts/http/orgs/organizations'
import type { PageAnswer } from '../serve/answer.ts'
import { along } from '../domain/way.ts'
import type { Texts } from '../texts/texts.ts'
import { Button, Form, type Scene } from './form.tsx'
import { Managing, MoreLink } from './managing.tsx'

type List = { org: string; members: readonly Member[]; cursor: string | null }

export const membersPage = (scene: Scene, list: List): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.members,
  body: <MembersView scene={scene} {...list} />,
})

type OneMember = { roles: readonly Role[]; held: readonly string[] }

export const memberPage = (scene: Scene, one: OneMember): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.roles,
  body: <MemberView scene={scene} {...one} />,
})

function MembersView({ scene, org, members, cursor }: { scene: Scene } & List): ComponentChild {
  const { texts } = scene.visit
  return (
    <Managing scene={scene}>
      <ul class="things" id="members">
        {members.map(({ user, is_owner }) => (
          <li>
            <p>
              <strong>{user.name}</strong>, {user.email}
              {is_owner && ` (${texts.owner})`}
            </p>
            <p>
              <a id={`roles-${user.id}`} href={along('/organization/member', { organization: org, user: user.id })}>
                {texts.roles} <span class="aside">{user.name}</span>
              </a>
            </p>
            <Form scene={scene}>
              <input type="hidden" name="user" value={user.id} />
              <Button id={`remove-${user.id}`} kind="plain">
                {texts.remove} <span class="aside">{user.name}</span>
              </Button>
            </Form>
          </li>
        ))}
      </ul>
      <MoreLink scene={scene} cursor={cursor} />
    </Managing>
  )
}

/** A box for each role; `held`: those that are set. */
export function RoleBoxes({ texts, roles, held }: { texts: Texts } & OneMember): ComponentChild {
  return (
    <fieldset id="roles">
      <legend>{texts.roles}</legend>
      {roles.map(({ key, name }) => (
        <p class="choice">
          <input type="checkbox" name={`role.${key}`} id={`role.${key}`} checked={held.includes(key)} />
          <label for={`role.${key}`}>{name}</label>
        </p>
      ))}
    </fieldset>
  )
}

function MemberView({ scene, roles, held }: { scene: Scene } & OneMember): ComponentChild {
  const { texts } = scene.visit
  return (
    <Managing scene={scene}>
      <Form scene={scene}>
        <RoleBoxes texts={texts} roles={roles} held={held} />
        <Button id="save">{texts.save}</Button>
      </Form>
    </Managing>
  )
}
