/** What an application asks for, decided with one of two buttons. */
import type { ComponentChild } from 'preact'
import type { AuthorizationForPages } from '@gatehouse/contracts/http/tokens/authorizations'
import type { Texts } from '../texts/texts.ts'
import { Button, Form, type Scene } from './form.tsx'

export const scopeText = (texts: Texts, scope: string): string => {
  const key = `scope_${scope}`
  return Object.hasOwn(texts, key) ? texts[key as keyof Texts] : scope
}

export type Choice = { id: string; name: string }

export function Scopes({ texts, client, scope }: { texts: Texts; client: string; scope: string[] }): ComponentChild {
  return (
    <>
      <p>
        <strong>{client}</strong> {texts.consentText}
      </p>
      <ul>
        {scope.map((one) => (
          <li>{scopeText(texts, one)}</li>
        ))}
      </ul>
    </>
  )
}

export function Choices({ texts, choices }: { texts: Texts; choices: readonly Choice[] }): ComponentChild {
  return (
    choices.length > 0 && (
      <fieldset>
        <legend>{texts.organizationText}</legend>
        {choices.map(({ id, name }, index) => (
          <p class="choice">
            <input type="radio" name="organization" id={id} value={id} checked={index === 0} />
            <label for={id}>{name}</label>
          </p>
        ))}
      </fieldset>
    )
  )
}

/** Pages of the application itself: they are told nothing of the page they are opened from. */
function ClientPages({ texts, client }: { texts: Texts; client: AuthorizationForPages['client'] }): ComponentChild {
  const pages = [
    { href: client.policy_uri, text: texts.clientPolicy },
    { href: client.tos_uri, text: texts.clientTerms },
  ].filter((page): page is { href: string; text: string } => page.href?.startsWith('https://') === true)
  return (
    pages.length > 0 && (
      <p>
        {pages.map(({ href, text }, index) => (
          <>
            {index > 0 && ' · '}
            <a href={href} rel="noopener noreferrer" target="_blank">
              {text}
            </a>
          </>
        ))}
      </p>
    )
  )
}

export function ConsentView({
  scene,
  authorization: { client, scope, needs, redirect_host: host },
  choices,
}: {
  scene: Scene
  authorization: AuthorizationForPages
  choices: readonly Choice[]
}): ComponentChild {
  const { texts } = scene.visit
  return (
    <Form scene={scene}>
      {needs.includes('consent') && <Scopes texts={texts} client={client.name} scope={scope} />}
      <Choices texts={texts} choices={choices} />
      <ClientPages texts={texts} client={client} />
      <p>
        {texts.consentTo} <strong>{host}</strong>.
      </p>
      <Button id="approve" name="decision" value="approved">
        {needs.includes('consent') ? texts.allow : texts.continue}
      </Button>
      <Button id="deny" name="decision" value="denied" kind="plain">
        {needs.includes('consent') ? texts.deny : texts.cancel}
      </Button>
    </Form>
  )
}
