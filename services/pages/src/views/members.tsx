/** Members of an organization and the roles of one. */
import type { ComponentChild } from 'preact'
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import type { Member } from '@gatehouse/contracts/http/orgs/organizations'
import type { PageAnswer } from '../serve/answer.ts'
import { along } from '../domain/way.ts'
import type { Texts } from '../texts/texts.ts'
import { Button, Field, Form, type Scene } from './form.tsx'
import { Managing, MoreLink, SearchForm } from './managing.tsx'

type List = {
  org: string
  members: readonly Member[]
  cursor: string | null
  search?: string
  sort?: '-joined_at'
}

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

function MembersView({ scene, org, members, cursor, search, sort }: { scene: Scene } & List): ComponentChild {
  const { texts } = scene.visit
  return (
    <Managing scene={scene}>
      <SearchForm scene={scene} label={texts.memberSearch} search={search}>
        <p class="choice">
          <input type="checkbox" name="sort" id="sort" value="-joined_at" checked={sort !== undefined} />
          <label for="sort">{texts.newestFirst}</label>
        </p>
      </SearchForm>
      <ul class="things" id="members">
        {members.map((member) => (
          <Item scene={scene} org={org} member={member} />
        ))}
      </ul>
      {members.length === 0 && <p>{texts.nobodyFound}</p>}
      <MoreLink scene={scene} cursor={cursor} asked={{ ...(search && { search }), ...(sort && { sort }) }} />
    </Managing>
  )
}

function Item({ scene, org, member }: { scene: Scene; org: string; member: Member }): ComponentChild {
  const { texts } = scene.visit
  const { user, is_owner, status } = member
  return (
    <li>
      <p>
        <strong>{user.name}</strong>, {user.email}
        {is_owner && ` (${texts.owner})`}
        {status === 'suspended' && ` (${texts.suspended})`}
      </p>
      <p>
        <a id={`roles-${user.id}`} href={along('/organization/member', { organization: org, user: user.id })}>
          {texts.roles} <span class="aside">{user.name}</span>
        </a>
      </p>
      <Form scene={scene}>
        <input type="hidden" name="user" value={user.id} />
        {status === 'suspended' && (
          <Button id={`reactivate-${user.id}`} name="action" value="reactivate" kind="plain">
            {texts.reactivate} <span class="aside">{user.name}</span>
          </Button>
        )}
        <Button id={`remove-${user.id}`} name="action" value="remove" kind="plain">
          {texts.remove} <span class="aside">{user.name}</span>
        </Button>
      </Form>
    </li>
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
      <h2>{texts.suspendTitle}</h2>
      <p>{texts.suspendText}</p>
      <Form scene={scene} id="suspend-form">
        <Field visit={scene.visit} name="reason" label={texts.reason} autocomplete="off" />
        <Button id="suspend" name="action" value="suspend" kind="danger">
          {texts.suspend}
        </Button>
      </Form>
    </Managing>
  )
}
