/**
 * The documents of the provider: the guide's application signs somebody in, and the table of requirements names tests
 * that are there.
 */
import { readdirSync, readFileSync } from 'node:fs'
import * as openid from 'openid-client'
import t from 'tap'
import { authorize, callback, fetchThrough, registered, signedIn } from '../fixtures/openid.ts'
import { issuer, openPlatform } from '../fixtures/platform.ts'

const docs = new URL('../../../../docs/', import.meta.url)
const tests = ['tokens', 'gateway', 'pages', 'workers'].map(
  (service) => new URL(`../../../${service}/test/`, import.meta.url),
)
const read = (path: string) => readFileSync(new URL(path, docs), 'utf8')

type Example = {
  connect(
    settings: { issuer: string; clientId: string; clientSecret: string | undefined },
    options: object,
  ): Promise<openid.Configuration>
  begin(config: openid.Configuration, o: object): Promise<{ url: URL; checks: object }>
  finish(config: openid.Configuration, o: object): Promise<Record<string, unknown>>
}

t.test('the application of the guide is the one in docs/examples, and it signs somebody in', async (t) => {
  t.ok(read('guides/connect-an-application.md').includes(`\`\`\`js\n${read('examples/connect.mjs')}\`\`\``))
  const example = (await import(new URL('examples/connect.mjs', docs).href)) as Example
  const platform = await openPlatform(t)
  const replica = await platform.replica()
  const client = await registered(platform, replica, { scopes: ['openid', 'profile', 'email'] })
  const ada = await signedIn(platform, replica)
  const config = await example.connect(
    { issuer, clientId: client.id, clientSecret: client.client_secret },
    { [openid.customFetch]: fetchThrough(platform, replica) },
  )
  const { url, checks } = await example.begin(config, { redirectUri: callback, organizationId: ada.organization.id })
  const cameBackAt = await authorize(platform, replica, { url: url.pathname + url.search, token: ada.token })
  t.match(await example.finish(config, { cameBackAt, checks }), {
    userId: ada.id,
    organizationId: ada.organization.id,
    name: 'Ada',
    email: 'ada@example.com',
  })
})

t.test('every test that the table of requirements names is there', async (t) => {
  const text = tests
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => readFileSync(new URL(file, folder), 'utf8')),
    )
    .join('\n')
  const rows = read('reference/openid-provider.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Requirement'))
  const named = rows.flatMap((row) =>
    [...(row.split('|')[2] ?? '').matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title),
  )
  t.ok(rows.length > 40, `${rows.length} requirements`)
  t.ok(
    rows.every((row) => /\*[^*]+\*/.test(row.split('|')[2] ?? '')),
    'each names a test',
  )
  for (const title of new Set(named))
    t.ok(text.includes(`t.test('${title}`) || text.includes(`t.test(\n  '${title}`), title)
})
