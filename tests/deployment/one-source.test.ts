/**
 * A service's `--print-config` is the one source: the chart's environment and schema, the Compose environment and the
 * reference table name the same settings, and the secrets that are made are the secrets that are mounted.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { makeSecrets } from '@gatehouse/deploy/secrets/values'
import { allSettings, arrowsOf, isAlwaysGiven, type Setting } from '@gatehouse/deploy/settings'
import { SERVICES } from '@gatehouse/deploy/services'
import { loadConfig } from '@gatehouse/service-kit/config/load'
import type { TObject } from 'typebox'
import { schema, type Values } from './chart-values.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const settings = await allSettings(root)

type Container = {
  environment: Record<string, string>
  secrets?: { source: string; target: string }[]
  networks: string[]
  read_only?: boolean
  cap_drop?: string[]
}
type Compose = { services: Record<string, Container>; secrets: Record<string, { file: string }> }
const compose = parse(read('infra/compose/compose.yaml')) as Compose
const chart = JSON.parse(read('infra/k8s/gatehouse/files/settings.json')) as Record<ServiceName, { name: string }[]>
const reference = read('docs/reference/config.md')

const withoutFile = (name: string): string => name.replace(/_FILE$/, '')
const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name).sort()

t.test('chart, Compose and reference name the settings of --print-config', async (t) => {
  const [everywhere = '', ...sections] = reference.split(/^## /m).slice(1)
  const tableOf = (text: string): string[] => [...text.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, name = '']) => name)
  for (const service of SERVICES) {
    const declared = names(settings[service])
    t.same(names(chart[service]), declared, `the chart, ${service}`)
    const section = sections.find((text) => text.startsWith(`${service}\n`)) ?? ''
    t.same([...tableOf(everywhere), ...tableOf(section)].sort(), declared, `the reference, ${service}`)
    const environment = Object.keys(compose.services[service]?.environment ?? {}).map(withoutFile)
    t.same(
      environment.filter((name) => !declared.includes(name)),
      [],
      `Compose gives ${service} nothing it does not read`,
    )
    const placed = ['HOST', 'PORT', 'MANAGEMENT_PORT']
    t.same(
      settings[service]
        .filter(({ name, required }) => required && !environment.includes(name) && !placed.includes(name))
        .map(({ name }) => name),
      [],
      `and everything it needs`,
    )
  }
})

t.test('what the chart lets be decided is what a service may be told, and no secret', async (t) => {
  const { properties } = (
    schema()['properties'] as {
      services: { properties: Record<string, { properties: { config: { properties: Values } } }> }
    }
  ).services
  for (const service of SERVICES) {
    const options = settings[service].filter(({ from }) => from === 'option')
    t.same(Object.keys(properties[service]?.properties.config.properties ?? {}).sort(), names(options))
    t.same(
      options.filter(({ secret }) => secret),
      [],
    )
  }
})

t.test('a container is closed, and on the networks of those it speaks to and no others', async (t) => {
  for (const service of SERVICES) {
    const container = compose.services[service]
    const outside = service === 'gateway' ? ['outside'] : []
    t.same(
      [...(container?.networks ?? [])].sort(),
      ['services', ...outside, ...arrowsOf(settings[service]).servers].sort(),
      service,
    )
    t.match(container, { read_only: true, cap_drop: ['ALL'] })
    t.notMatch(
      JSON.stringify(container?.environment),
      /postgres:\/\/|redis:\/\/|nats:\/\/|"KEY_ENCRYPTION_KEY"/,
      'no secret stands in the environment',
    )
  }
})

t.test('each service has its own user on NATS and Redis', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const addresses = { postgres: 'postgres:5432', redis: 'redis:6379', nats: 'nats:4222', smtp: 'mailpit:1025' }
  const make = (env: Record<string, string>) => makeSecrets({ folder, settings, addresses, env })
  const own = make({})
  for (const variable of ['NATS_URL', 'REDIS_URL']) {
    const urls = Object.entries(own).flatMap(([reader, values]) =>
      values[variable] === undefined ? [] : [{ reader, url: new URL(values[variable]) }],
    )
    t.ok(urls.length > 1 && urls.every(({ reader, url }) => url.username === reader), `${variable} names its service`)
    t.equal(new Set(urls.map(({ url }) => url.password)).size, urls.length, 'and no two share a password')
    const file = own[variable === 'NATS_URL' ? 'nats' : 'redis']?.[variable === 'NATS_URL' ? 'nats.conf' : 'redis.conf']
    for (const { url } of urls) t.ok(file?.includes(url.password), 'which the server knows')
  }
  const theirs = { NATS_URL: 'nats://n:secret-of-theirs@bus.example:4222' }
  t.equal(make(theirs)['tokens']?.['NATS_URL'], theirs.NATS_URL, 'unless the operator has one')
})

t.test('the secrets that are made start every service: complete, strong, each with its own roles', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const addresses = { postgres: 'postgres:5432', redis: 'redis:6379', nats: 'nats:4222', smtp: 'mailpit:1025' }
  const make = () => makeSecrets({ folder: join(folder, 'kept'), settings, addresses, env: {} })
  const secrets = make()
  t.same(make(), secrets, 'asked again it makes the same')
  for (const service of SERVICES) {
    const { config } = (await import(join(root, 'services', service, 'src', 'config.ts'))) as { config: TObject }
    const environment = compose.services[service]?.environment ?? {}
    const plain = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.endsWith('_FILE')))
    const resolved = Object.fromEntries(
      Object.entries(plain).map(([name, value]) => [name, value.replace(/\$\{\w+:-(.*)\}/, '$1')]),
    )
    t.ok(loadConfig(config, { ...resolved, ...secrets[service] }, { service }), `${service} takes them in production`)
  }
  for (const { file } of Object.values(compose.secrets)) {
    const [, , reader = '', name = ''] = file.split('/')
    t.ok(secrets[reader]?.[name], `${file} is made`)
  }
  t.notOk(secrets['gateway']?.['DATABASE_RUNTIME_URL'], 'the gateway holds no database password')
  t.ok(existsSync(join(folder, 'kept', 'key-encryption.key')))
})

t.test('a secret nobody knows how to make is named', async (t) => {
  const unheard: Setting = { name: 'WEBHOOK_SECRET', type: 'string', required: true, secret: true, from: 'secret' }
  t.ok(isAlwaysGiven(unheard))
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const addresses = { postgres: 'a:1', redis: 'b:2', nats: 'c:3', smtp: 'd:4' }
  t.throws(
    () =>
      makeSecrets({ folder, settings: { ...settings, workers: [...settings.workers, unheard] }, addresses, env: {} }),
    { message: /workers needs WEBHOOK_SECRET/ },
  )
})
