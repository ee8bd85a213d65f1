/** What one was told, and two boxes for each kind of it. */
import type { ComponentChild } from 'preact'
import type { Notification, NotificationPreferences } from '@gatehouse/contracts/http/workers/notifications'
import type { PageAnswer } from '../serve/answer.ts'
import type { Texts } from '../texts/texts.ts'
import { Account } from './account.tsx'
import { Button, Form, type Scene } from './form.tsx'
import { MoreLink } from './managing.tsx'
import { moment } from './my-data.tsx'

type Kinds = NotificationPreferences['kinds']
type Shown = { notifications: readonly Notification[]; cursor: string | null; kinds: Kinds }

export const notificationsPage = (scene: Scene, shown: Shown): PageAnswer => ({
  kind: 'page',
  title: scene.visit.texts.notifications,
  body: <NotificationsView scene={scene} {...shown} />,
})

function NotificationsView({ scene, notifications, cursor, kinds }: { scene: Scene } & Shown): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  return (
    <Account visit={visit}>
      {notifications.length === 0 ? (
        <p>{texts.noneYet}</p>
      ) : (
        <>
          <ul class="things" id="notifications">
            {notifications.map(({ title, occurred_at, read_at }) => (
              <li>
                <p>
                  {read_at === null ? <strong>{title}</strong> : title}, {moment(visit, occurred_at)}
                  {read_at === null && ` (${texts.unread})`}
                </p>
              </li>
            ))}
          </ul>
          <MoreLink scene={scene} cursor={cursor} />
          <Form scene={scene} id="read-form">
            <Button id="read" name="action" value="read" kind="plain">
              {texts.readAll}
            </Button>
          </Form>
        </>
      )}
      <h2>{texts.notificationKinds}</h2>
      <Form scene={scene} id="kinds-form">
        {kinds.map((kind) => (
          <Kind texts={texts} {...kind} />
        ))}
        <Button id="save" name="action" value="save">
          {texts.save}
        </Button>
      </Form>
    </Account>
  )
}

function Kind({ texts, kind, in_app, digest, required }: { texts: Texts } & Kinds[number]): ComponentChild {
  return (
    <fieldset>
      <legend>{texts[`notice_${kind}`]}</legend>
      <p class="choice">
        <input type="checkbox" name={`in_app.${kind}`} id={`in_app.${kind}`} checked={in_app} disabled={required} />
        <label for={`in_app.${kind}`}>{required ? texts.shownAlways : texts.shownHere}</label>
      </p>
      <p class="choice">
        <input type="checkbox" name={`digest.${kind}`} id={`digest.${kind}`} checked={digest} />
        <label for={`digest.${kind}`}>{texts.inDigest}</label>
      </p>
    </fieldset>
  )
}
