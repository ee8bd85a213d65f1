/**
 * What can be known of the chart without Helm: its schema refuses what is wrong and takes what is right, and the arrows
 * it would draw are those of the code. `npm run check` renders it where Helm is installed and says so where it is not.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Errors } from 'typebox/value'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { arrowsIn, openComponents, type KubernetesObject } from '@gatehouse/deploy/policies'
import { allSettings, arrowsOf } from '@gatehouse/deploy/settings'
import { SERVICES, STORING_SERVICES } from '@gatehouse/deploy/services'
import { fileURLToPath } from 'node:url'
import { arrowsOfCode } from './arrows-of-code.ts'
import { scenarioFile, scenarios, schema, valuesWith, wrongValues } from './chart-values.ts'
import { differences } from './chart-render.ts'
import { foreignSecrets } from './foreign-secrets.ts'
import { expectedArrows, type Servers } from './expected-arrows.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const settings = await allSettings(root)

type Refusal = { at: string; message: string }

const refusals = (...files: string[]): Refusal[] => {
  const values = valuesWith(...files)
  const whole = schema() as { allOf: { then: object }[] }
  return Errors(whole, values).flatMap((error): Refusal[] => {
    const { instancePath: at, message, params, keyword, schemaPath } = error
    // What one value asks of another: the error names the condition, its `then` the place.
    const rule = keyword === 'if' ? whole.allOf[Number(/^#\/allOf\/(\d+)$/.exec(schemaPath)?.[1] ?? -1)] : undefined
    const inner = rule === undefined ? [] : Errors(rule.then, values)
    if (inner.length > 0) return inner.map((one) => ({ at: one.instancePath, message: one.message }))
    return [{ at, message: `${message} ${JSON.stringify(params)}` }]
  })
}

t.test('the values files the guide tells of are taken', async (t) => {
  for (const name of scenarios) t.same(refusals(scenarioFile(name)), [], name)
})

t.test('every wrong values file is refused, at the value that is wrong', async (t) => {
  const wrong = wrongValues().filter(({ at }) => at !== 'helm')
  t.ok(wrong.length >= 10, `${wrong.length} files`)
  for (const { name, file, at } of wrong) {
    const places = refusals(scenarioFile('external'), file).map((one) => one.at)
    t.ok(
      places.some(
        (place) => place === at || place.startsWith(`${at}/`) || (place !== '' && at.startsWith(`${place}/`)),
      ),
      `${name}: refused at ${at}, not only at ${places.join(', ')}`,
    )
  }
})

t.test('the chart draws the arrows of the code and no others', async (t) => {
  const code = arrowsOfCode()
  const drawn = SERVICES.flatMap((service) => {
    const { calls, servers } = arrowsOf(settings[service])
    return [...calls, ...servers].map((to) => `${service} -> ${to}`)
  })
  t.same(drawn.sort(), [...code.calls, ...code.servers].map(([from, to]) => `${from} -> ${to}`).sort())
  t.notOk(drawn.includes('gateway -> postgres'), 'the exposed service never reaches the database')
  const planted = arrowsOfCode((service) => (service === 'gateway' ? 'connect(config.DATABASE_RUNTIME_URL)' : ''))
  t.same(planted.servers, [['gateway', 'postgres']], 'a new connection in the code is seen')
})

t.test('nobody is called who would refuse', async (t) => {
  const sources = Object.fromEntries(
    SERVICES.map((service) => [service, readFileSync(join(root, 'services', service, 'src', 'app.ts'), 'utf8')]),
  )
  for (const [from, to] of arrowsOfCode().calls) {
    const isOfPages = from === 'gateway' && to === 'pages'
    const isProxied = ['gateway', 'pages'].includes(from) && publicRoutes.some(({ service }) => service === to)
    const isFollowed = new RegExp(`callers: \\[[^\\]]*'${from}'`).test(sources[to] ?? '')
    t.ok(isOfPages || isProxied || isFollowed || allowsInContract(from, to), `${from} -> ${to}`)
  }
})

/** Internal contracts name their callers. */
function allowsInContract(from: string, to: string): boolean {
  const folder = join(root, 'libs/contracts/src/http', to)
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  return texts.some((text) => new RegExp(`callers: \\[[^\\]]*'${from}'`).test(text))
}

const label = (component: string) => ({ 'app.kubernetes.io/component': component })
const policy = (component: string, spec: KubernetesObject['spec']): KubernetesObject => ({
  kind: 'NetworkPolicy',
  metadata: { name: component },
  spec: { podSelector: { matchLabels: label(component) }, policyTypes: ['Ingress', 'Egress'], ...spec },
})

t.test('policies are read back as arrows, and a planted arrow or an open component is found', async (t) => {
  const gateway = policy('gateway', {
    egress: [
      { to: [{ podSelector: { matchLabels: label('tokens') } }], ports: [{ port: 8080 }] },
      { ports: [{ port: 4222 }] },
    ],
    ingress: [{ ports: [{ port: 8080 }] }],
  })
  t.same(arrowsIn([gateway]), {
    egress: ['gateway -> *:4222', 'gateway -> tokens:8080'],
    ingress: ['* -> gateway:8080'],
  })
  const planted = policy('gateway', {
    egress: [
      { to: [{ podSelector: { matchLabels: label('postgres') } }], ports: [{ port: 5432 }] },
      { to: [{ ipBlock: {} }] },
    ],
  })
  t.same(differences(arrowsIn([gateway, planted]), arrowsIn([gateway])), [
    'egress gateway -> ?:any is allowed and nothing uses it',
    'egress gateway -> postgres:5432 is allowed and nothing uses it',
  ])
  t.same(differences(arrowsIn([]), arrowsIn([gateway])).length, 3, 'and a missing one')
  const pod: KubernetesObject = { kind: 'Deployment', metadata: { name: 'orgs', labels: label('orgs') } }
  t.same(openComponents([gateway, pod]), ['(everything)', 'orgs'])
})

t.test('what a release must allow follows its values', async (t) => {
  const { servers } = valuesWith(scenarioFile('quickstart')) as { servers: Servers }
  const expected = expectedArrows(arrowsOfCode(), { servers, isOpen: true, hasMetrics: false })
  t.ok(expected.ingress.includes('workers -> smtp:1025'))
  t.equal(
    expected.ingress.filter((arrow) => arrow.endsWith('postgres:5432')).length,
    STORING_SERVICES.length + 1,
    'the migrations and the storing services',
  )
})

t.test(
  'each Deployment mounts the secret of its own service, with its own user on every server, and a planted one is found',
  async (t) => {
    const deployment = (service: string, secretName: string): KubernetesObject =>
      ({
        kind: 'Deployment',
        metadata: { name: service, labels: label(service) },
        spec: { template: { spec: { volumes: [{ name: 'secrets', secret: { secretName } }] } } },
      }) as KubernetesObject
    const right = SERVICES.map((service) => deployment(service, `gatehouse-${service}`))
    t.same(foreignSecrets(right), [])
    t.same(foreignSecrets([...right, deployment('orgs', 'gatehouse-tokens')]), [
      'orgs mounts gatehouse-tokens and not gatehouse-orgs alone',
    ])
    t.same(foreignSecrets(right.slice(1)), ['gateway has no Deployment'])
    for (const service of SERVICES) {
      const { existingSecret } =
        (valuesWith() as { services: Record<string, { existingSecret: string }> }).services[service] ?? {}
      t.equal(existingSecret, `gatehouse-${service}`, 'the name that the secrets command gives')
    }
  },
)
