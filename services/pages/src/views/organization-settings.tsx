/** What an organization demands of its members, as two forms. */
import type { ComponentChild } from 'preact'
import type { OrganizationSettings } from '@gatehouse/contracts/http/orgs/settings'
import type { Visit } from '../browser/visit.ts'
import { signInMethods } from '../domain/rule-fields.ts'
import type { PageAnswer } from '../serve/answer.ts'
import { Button, Field, Form, type Scene } from './form.tsx'
import { Managing } from './managing.tsx'
import { moment } from './my-data.tsx'

type Settings = { settings: OrganizationSettings; etag: string }

export const settingsPage = (scene: Scene, o: Settings): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.settings,
  body: (
    <Managing scene={scene}>
      <SecondFactorForm scene={scene} {...o} />
      <RulesForm scene={scene} {...o} />
    </Managing>
  ),
})

const modes = ['off', 'optional', 'required'] as const

function SecondFactorForm({ scene, settings: { mfa }, etag }: { scene: Scene } & Settings): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Form scene={scene} id="mfa-form">
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
  )
}

const minutesOf = (seconds: number | null): string => (seconds === null ? '' : String(seconds / 60))

function RulesForm({ scene, settings, etag }: { scene: Scene } & Settings): ComponentChild {
  const { visit } = scene
  const { texts, note } = visit
  /** A box that is not set is not sent: where the form comes again, what was typed counts and nothing else. */
  const isSet = (name: string, stored: boolean): boolean =>
    note?.values?.['action'] === 'rules' ? Object.hasOwn(note.values, name) : stored
  return (
    <Form scene={scene} id="rules-form">
      <input type="hidden" name="etag" value={etag} />
      <h2>{texts.rulesTitle}</h2>
      <LimitFields visit={visit} settings={settings} />
      <fieldset>
        <legend>{texts.signInMethods}</legend>
        {signInMethods.map((method) => (
          <Box
            name={`method.${method}`}
            label={texts[`method_${method}`]}
            isSet={isSet(`method.${method}`, settings.sign_in_methods.includes(method))}
          />
        ))}
      </fieldset>
      <Box name="join_requests" label={texts.joinRequests} isSet={isSet('join_requests', settings.join_requests)} />
      <Box
        name="owners_invite"
        label={texts.ownersInvite}
        isSet={isSet('owners_invite', settings.invitations_by === 'owners')}
      />
      {note?.errors?.['form'] === 'own_session_refused' && (
        <Box name="confirm" label={texts.confirmOwnSession} isSet={false} />
      )}
      <Button id="save-rules" name="action" value="rules">
        {texts.save}
      </Button>
    </Form>
  )
}

function LimitFields({ visit, settings }: { visit: Visit } & Pick<Settings, 'settings'>): ComponentChild {
  const { texts } = visit
  const limit = { visit, autocomplete: 'off', hint: texts.minutesHint, isOptional: true } as const
  return (
    <>
      <Field
        {...limit}
        name="session_idle_minutes"
        label={texts.idleMinutes}
        value={minutesOf(settings.session_idle_seconds)}
      />
      <Field
        {...limit}
        name="session_lifetime_minutes"
        label={texts.lifetimeMinutes}
        value={minutesOf(settings.session_lifetime_seconds)}
      />
      <Field
        {...limit}
        name="allowed_addresses"
        label={texts.allowedAddresses}
        hint={texts.allowedAddressesHint}
        value={settings.allowed_addresses.join(' ')}
      />
    </>
  )
}

function Box({ name, label, isSet }: { name: string; label: string; isSet: boolean }): ComponentChild {
  return (
    <p class="choice">
      <input type="checkbox" name={name} id={name} checked={isSet} />
      <label for={name}>{label}</label>
    </p>
  )
}
