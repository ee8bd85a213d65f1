/** Devices that are not asked for the second factor, and having them asked again. */
import type { ComponentChild } from 'preact'
import type { RememberedDevice } from '@gatehouse/contracts/http/identity/remembered-devices'
import { day } from './account.tsx'
import { Button, Form, type Scene } from './form.tsx'

export function RememberedView({
  scene,
  remembered,
}: {
  scene: Scene
  remembered: readonly RememberedDevice[]
}): ComponentChild {
  const { visit } = scene
  const { texts } = visit
  if (remembered.length === 0) return null
  return (
    <>
      <h2>{texts.rememberedTitle}</h2>
      <ul class="things" id="remembered">
        {remembered.map(({ id, name, current, expires_at }) => (
          <li>
            <p>
              <strong>{name}</strong>
              {current ? ` (${texts.thisDevice})` : ''}, {texts.until} {day(visit, expires_at)}
            </p>
            <Form scene={scene}>
              <input type="hidden" name="device" value={id} />
              <Button id={`forget-${id}`} name="action" value="forget" kind="plain">
                {texts.forget} <span class="aside">{name}</span>
              </Button>
            </Form>
          </li>
        ))}
      </ul>
    </>
  )
}
