/** Invitations of an organization and its settings. */
import type { ComponentChild } from 'preact'
import type { Role } from '@gatehouse/contracts/http/authz/roles'
import type { Invitation } from '@gatehouse/contracts/http/orgs/invitations'
import type { OrganizationSettings } from '@gatehouse/contracts/http/orgs/settings'
import type { PageAnswer } from '../serve/answer.ts'
import { Button, Field, Form, type Scene } from './form.tsx'
import { Managing, MoreLink } from './managing.tsx'
import { RoleBoxes } from './members.tsx'
import { moment } from './my-data.tsx'

type List = { org: string; invitations: readonly Invitation[]; roles: readonly Role[]; cursor: string | null }

export const invitationsPage = (scene: Scene, list: List): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.invitations,
  body: <InvitationsView scene={scene} {...list} />,
})

type Settings = { settings: OrganizationSettings; etag: string }

export const settingsPage = (scene: Scene, o: Settings): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.settings,
  body: <SettingsView scene={scene} {...o} />,
})

function InvitationsView({ scene, invitations, roles, cursor }: { scene: Scene } & List): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Managing scene={scene}>
      <Form scene={scene} id="invite-form">
        <Field visit={visit} name="email" label={texts.addresses} autocomplete="off" hint={texts.addressesHint} />
        <RoleBoxes texts={texts} roles={roles} held={['member']} />
        <Button id="invite" name="action" value="invite">
          {texts.invite}
        </Button>
      </Form>
      <ul class="things" id="invitations">
        {invitations.map((invitation) => (
          <Item scene={scene} invitation={invitation} />
        ))}
      </ul>
      <MoreLink scene={scene} cursor={cursor} />
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
          <Button id={`revoke-${id}`} name="action" value="revoke" kind="plain">
            {texts.revoke} <span class="aside">{email}</span>
          </Button>
        </Form>
      )}
    </li>
  )
}

const modes = ['off', 'optional', 'required'] as const

function SettingsView({ scene, settings: { mfa }, etag }: { scene: Scene } & Settings): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Managing scene={scene}>
      <Form scene={scene}>
        <input type="hidden" name="etag" value={etag} />
        <fieldset>
          <legend>{texts.mfaRule}</legend>
          {modes.map((mode) => (
            <p class="choice">
              <input type="radio" name="mfa" id={`mfa-${mode}`} value={mode} checked={mfa.mode === mode} />
              <label for={`mfa-${mode}`}>{texts[`mfa_${mode}`]}</label>
            </p>
          ))}
        </fieldset>
        {mfa.required_from !== null && (
          <p>
            {texts.mfaFrom} {moment(visit, mfa.required_from)}
          </p>
        )}
        <p class="hint">{texts.mfaText}</p>
        <Button id="save">{texts.save}</Button>
      </Form>
    </Managing>
  )
}
