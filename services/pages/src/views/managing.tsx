/** Around the pages of an organization: where else to go, and the rest of a list. */
import type { ComponentChild, ComponentChildren } from 'preact'
import { along } from '../domain/way.ts'
import type { Scene } from './form.tsx'

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

export function MoreLink({ scene: { visit }, cursor }: { scene: Scene; cursor: string | null }): ComponentChild {
  if (cursor === null) return null
  const to = along(visit.path, { organization: visit.way.organization })
  return (
    <p>
      <a id="more" href={`${to}${to.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`}>
        {visit.texts.more}
      </a>
    </p>
  )
}
