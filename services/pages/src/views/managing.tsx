/** Around the pages of an organization: where else to go, what to look for, and the rest of a list. */
import type { ComponentChild, ComponentChildren } from 'preact'
import { along } from '../domain/way.ts'
import { Button, Field, type Scene } from './form.tsx'

const pages = [
  { path: '/organization/members', text: 'members' },
  { path: '/organization/invitations', text: 'invitations' },
  { path: '/organization/profile', text: 'profile' },
  { path: '/organization/domains', text: 'domains' },
  { path: '/organization/settings', text: 'settings' },
] as const

export function Managing({
  scene: { visit },
  children,
}: {
  scene: Scene
  children: ComponentChildren
}): ComponentChild {
  const { texts, path, way } = visit
  return (
    <>
      <nav aria-label={texts.organization}>
        <ul>
          {pages.map((page) => (
            <li>
              <a
                href={along(page.path, { organization: way.organization })}
                aria-current={page.path === path ? 'page' : undefined}
              >
                {texts[page.text]}
              </a>
            </li>
          ))}
          <li>
            <a href="/account/organizations">{texts.account}</a>
          </li>
        </ul>
      </nav>
      {children}
    </>
  )
}

/** Looks for `search` in a list; what the list is asked for besides stands between the field and the button. */
export function SearchForm({
  scene: { visit },
  label,
  search = '',
  children,
}: {
  scene: Scene
  label: string
  search?: string | undefined
  children?: ComponentChildren
}): ComponentChild {
  const { path, way, texts } = visit
  return (
    <form method="get" action={path} role="search" id="search-form">
      {way.organization !== undefined && <input type="hidden" name="organization" value={way.organization} />}
      <Field visit={visit} name="search" label={label} autocomplete="off" isOptional value={search} />
      {children}
      <Button id="search-button" kind="plain">
        {texts.searchButton}
      </Button>
    </form>
  )
}

/** `asked`: what the list was asked for, which its rest is asked for as well. */
export function MoreLink({
  scene: { visit },
  cursor,
  asked = {},
}: {
  scene: Scene
  cursor: string | null
  asked?: Record<string, string>
}): ComponentChild {
  if (cursor === null) return null
  const { organization } = visit.way
  const query = new URLSearchParams({ ...(organization !== undefined && { organization }), ...asked, cursor })
  return (
    <p>
      <a id="more" href={`${visit.path}?${query.toString()}`}>
        {visit.texts.more}
      </a>
    </p>
  )
}
