/** What is kept of a person, as pages of their account. */
import type { ComponentChild } from 'preact'
import type { AuditEvent } from '@gatehouse/contracts/http/workers/audit-events'
import type { Visit } from '../browser/visit.ts'
import type { PageAnswer } from '../serve/answer.ts'
import type { Texts } from '../texts/texts.ts'
import { Account } from './account.tsx'
import { Button, Field, Form, type Scene } from './form.tsx'

type Activity = { events: readonly AuditEvent[]; cursor: string | null }

export const activityPage = (scene: Scene, activity: Activity): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.activity,
  body: <ActivityView scene={scene} {...activity} />,
})

export const addressPage = (scene: Scene): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.address,
  body: <AddressView scene={scene} />,
})

export const dataPage = (scene: Scene): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.data,
  body: <DataView scene={scene} />,
})

/** An action without words of its own is shown as the audit trail names it. */
function actionText(texts: Texts, action: string): string {
  const key = `activity_${action}`
  return Object.hasOwn(texts, key) ? texts[key as keyof Texts] : action
}

export const moment = ({ language }: Pick<Visit, 'language'>, instant: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(
    new Date(instant),
  )

function ActivityView({ scene, events, cursor }: { scene: Scene } & Activity): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <p>{events.length === 0 ? texts.noneYet : texts.activityText}</p>
      <ul class="things" id="events">
        {events.map(({ action, occurred_at, client_address }) => (
          <li>
            <p>
              <strong>{actionText(texts, action)}</strong>,{' '}
              <time dateTime={occurred_at}>{moment(visit, occurred_at)}</time>
              {client_address !== null && `, ${client_address}`}
            </p>
          </li>
        ))}
      </ul>
      {cursor !== null && (
        <p>
          <a id="older" href={`${visit.path}?cursor=${encodeURIComponent(cursor)}`}>
            {texts.older}
          </a>
        </p>
      )}
    </Account>
  )
}

function AddressView({ scene }: { scene: Scene }): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      <p>{texts.addressText}</p>
      <Form scene={scene}>
        <Field visit={visit} name="email" label={texts.newAddress} type="email" autocomplete="email" />
        <Field
          visit={visit}
          name="current_password"
          label={texts.currentPassword}
          type="password"
          autocomplete="current-password"
        />
        <Button id="save">{texts.sendLink}</Button>
      </Form>
    </Account>
  )
}

function DataView({ scene }: { scene: Scene }): ComponentChild {
  const { visit } = scene
  const { texts, note } = visit
  const due = note?.values?.['due']
  return (
    <Account visit={visit}>
      <h2>{texts.exportTitle}</h2>
      <p>{texts.exportText}</p>
      <Form scene={scene} id="export-form">
        <Button id="export" name="action" value="export">
          {texts.exportButton}
        </Button>
      </Form>
      <h2>{texts.deleteTitle}</h2>
      <p>{texts.deleteText}</p>
      {due !== undefined && (
        <p>
          {texts.deleteDue} <strong id="due">{moment(visit, due)}</strong>
        </p>
      )}
      <Form scene={scene} id="delete-form">
        <Button id="delete" name="action" value="delete" kind="danger">
          {texts.deleteButton}
        </Button>
        <Button id="keep" name="action" value="keep" kind="plain">
          {texts.keepButton}
        </Button>
      </Form>
    </Account>
  )
}
