/** The document around every page: it loads one style, at most one script, and nothing from anywhere else. */
import type { ComponentChild } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { PagesStyle, PasskeyScript } from '@gatehouse/contracts/http/pages'
import type { OrganizationColors } from '@gatehouse/contracts/http/orgs/organizations'
import type { Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import type { PageAnswer } from '../serve/answer.ts'
import { textOf } from '../texts/texts.ts'

type Page = Extract<PageAnswer, { kind: 'page' }>

export function documentOf({ assets }: Pick<Deps, 'assets'>, visit: Visit, page: Page): string {
  const { texts, language, nonce, note, brand } = visit
  const hasErrors = Object.keys(note?.errors ?? {}).length > 0
  const body = (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${hasErrors ? `${texts.errorsTitle}: ` : ''}${page.title} – ${texts.product}`}</title>
        <link rel="stylesheet" nonce={nonce} href={`${PagesStyle.path}?v=${assets.style.version}`} />
        {isDrawn(brand?.colors) && (
          <style nonce={nonce}>{`.brand{background:${brand.colors.background};color:${brand.colors.text}}`}</style>
        )}
        <link rel="icon" href="data:," />
        {page.withScript === true && (
          <script type="module" nonce={nonce} src={`${PasskeyScript.path}?v=${assets.script.version}`} />
        )}
      </head>
      <body>
        <header>
          <p class="product">{texts.product}</p>
          {brand !== undefined && <p class="brand">{brand.name}</p>}
        </header>
        <main>
          <h1>{page.title}</h1>
          <Notes visit={visit} />
          {page.body}
        </main>
      </body>
    </html>
  )
  return `<!doctype html>${renderToString(body)}`
}

const color = /^#[0-9a-fA-F]{6}$/

/** The service has checked their contrast; what is no colour is no part of a style. */
const isDrawn = (colors: OrganizationColors | null | undefined): colors is OrganizationColors =>
  colors !== null && colors !== undefined && color.test(colors.background) && color.test(colors.text)

/** What was done, and what is wrong: the summary has the focus, so that it is read first (WCAG 2.2, 3.3.1). */
function Notes({ visit: { note, texts } }: { visit: Visit }): ComponentChild {
  const errors = Object.entries(note?.errors ?? {})
  return (
    <>
      {note?.done !== undefined && (
        <p class="done" role="status">
          {textOf(texts, note.done)}
        </p>
      )}
      {errors.length > 0 && (
        <div class="errors" role="alert" tabIndex={-1} autoFocus id="errors">
          <h2>{texts.errorsTitle}</h2>
          <ul>
            {errors.map(([field, code]) => (
              <li>{field === 'form' ? textOf(texts, code) : <a href={`#${field}`}>{textOf(texts, code)}</a>}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}
