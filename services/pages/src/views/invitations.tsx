/** Invitations of an organization, and the form that sends them. */
import { randomUUID } from 'node:crypto'
import type { ComponentChild } from 'preact'
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import type { PageAnswer } from '../serve/answer.ts'
import { Button, Field, Form, type Scene } from './form.tsx'
import { Managing, MoreLink, SearchForm } from './managing.tsx'
import { RoleBoxes } from './members.tsx'
import { moment } from './my-data.tsx'

type List = {
  org: string
  invitations: readonly Invitation[]
  roles: readonly Role[]
  cursor: string | null
  search?: string
}

export const invitationsPage = (scene: Scene, list: List): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.invitations,
  body: <InvitationsView scene={scene} {...list} />,
})

function InvitationsView({ scene, invitations, roles, cursor, search }: { scene: Scene } & List): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Managing scene={scene}>
      <Form scene={scene} id="invite-form">
        <input type="hidden" name="once" value={randomUUID()} />
        <Field visit={visit} name="email" label={texts.addresses} autocomplete="off" hint={texts.addressesHint} />
        <RoleBoxes texts={texts} roles={roles} held={['member']} />
        <Field
          visit={visit}
          name="expires_in_days"
          label={texts.expiresInDays}
          autocomplete="off"
          hint={texts.expiresInDaysHint}
          isCode
          isOptional
        />
        <Button id="invite" name="action" value="invite">
          {texts.invite}
        </Button>
      </Form>
      <SearchForm scene={scene} label={texts.invitationSearch} search={search} />
      <ul class="things" id="invitations">
        {invitations.map((invitation) => (
          <Item scene={scene} invitation={invitation} />
        ))}
      </ul>
      <MoreLink scene={scene} cursor={cursor} asked={search === undefined ? {} : { search }} />
    </Managing>
  )
}

function Item({ scene, invitation }: { scene: Scene; invitation: Invitation }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  const { id, email, status, expires_at } = invitation
  return (
    <li>
      <p>
        <strong>{email}</strong>, {texts[`invitation_${status}`]}
        {status === 'pending' && `, ${texts.until} ${moment(visit, expires_at)}`}
      </p>
      {status === 'pending' && (
        <Form scene={scene}>
          <input type="hidden" name="invitation" value={id} />
          <Button id={`resend-${id}`} name="action" value="resend" kind="plain">
            {texts.resend} <span class="aside">{email}</span>
          </Button>
          <Button id={`revoke-${id}`} name="action" value="revoke" kind="plain">
            {texts.revoke} <span class="aside">{email}</span>
          </Button>
        </Form>
      )}
    </li>
  )
}
