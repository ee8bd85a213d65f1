/** The reference for people as one static page, made from the same contracts as the OpenAPI document. */
import { createHash } from 'node:crypto'
import type { RouteContract } from '@gatehouse/contracts/http/contract'

const style = `:root{color-scheme:light dark;--ink:light-dark(#1b1f24,#e6e8eb);--soft:light-dark(#59636e,#9aa4af);
--line:light-dark(#d8dee4,#2f363d)}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:var(--ink);background:light-dark(#fff,#14171a)}
h2{margin-top:2.5rem;text-transform:capitalize}table{border-collapse:collapse;width:100%}
td{padding:.45rem .6rem .45rem 0;border-top:1px solid var(--line);vertical-align:top}
td:first-child{white-space:nowrap}code{font:14px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
small{color:var(--soft)}`

/** For the content security policy: exactly this style and nothing else. */
export const docsStyleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const whoMay: Record<RouteContract['auth'], string> = {
  open: 'open',
  user: 'access token',
  organization: 'access token of an organization',
  internal: '',
}

export function docsPage(routes: readonly RouteContract[], issuer: string): string {
  const tags = [...new Set(routes.map(({ service }) => service))]
  const rows = (tag: string): string =>
    routes
      .filter(({ service }) => service === tag)
      .map(rowOf)
      .join('\n')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Gatehouse API</title><style>${style}</style></head>
<body><h1>Gatehouse API</h1>
<p>At <code>${escape(issuer)}</code>. The same as <a href="/openapi.json">OpenAPI 3.1</a>;
signing keys at <a href="/.well-known/jwks.json">/.well-known/jwks.json</a>.</p>
${tags.map((tag) => `<h2>${escape(tag)}</h2>\n<table>\n${rows(tag)}\n</table>`).join('\n')}
</body></html>
`
}

function rowOf(route: RouteContract): string {
  return `<tr><td><code>${route.method}</code></td><td><code>${escape(route.path)}</code><br>
${escape(route.summary)}<br><small>${whoMay[route.auth]}</small></td></tr>`
}
