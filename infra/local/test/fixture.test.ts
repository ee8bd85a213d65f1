// What loading a fixture asks of the platform, in which order and as whom.
import t from 'tap'
import { parse } from 'yaml'
import { loadFixture, type Fixture } from '../src/fixture/load.ts'

const fixture = parse(`
applications:
  todo:
    name: Todo
    resource_types:
      - { key: todo, attributes: { done: { type: boolean, provenance: [stored] } }, actions: [{ name: read }] }
    roles: [{ key: todo-reader, name: Reader, permissions: ['todo:read'] }]
    policies: []
authorization:
  groups: [{ key: staff, name: Staff, members: [] }]
entities:
  - { type: todo, id: a/1, attributes: { done: true } }
  - { type: user, id: rick@example.test, roles: [todo-reader] }
`) as Fixture

t.test('the catalog as administrator, the rest as owner, each entity by its id', async (t) => {
  const asked: string[] = []
  const client = {
    async call(method: string, path: string, { token, body }: { token?: string; body?: unknown } = {}) {
      asked.push(`${method} ${path} ${token ?? 'nobody'} ${JSON.stringify(body).slice(0, 60)}`)
      return path === '/v1/auth/login' ? { access_token: (body as { email: string }).email } : { changes: [{}] }
    },
  } as Parameters<typeof loadFixture>[0]
  const loaded = await loadFixture(client, {
    admin: { email: 'admin', password: 'p' },
    owner: { email: 'owner', password: 'q' },
    organizationId: 'org_1',
    fixture,
  })
  t.same(loaded, { applications: 1, changes: 1, entities: 2 })
  t.same(asked, [
    'POST /v1/auth/login nobody {"email":"admin","password":"p"}',
    `PUT /v1/authz/catalog/todo admin ${JSON.stringify(fixture.applications?.['todo']).slice(0, 60)}`,
    'POST /v1/auth/login nobody {"email":"owner","password":"q","organization_id":"org_1"}',
    `PUT /v1/organizations/org_1/authorization-manifest owner ${JSON.stringify(fixture.authorization).slice(0, 60)}`,
    'PUT /v1/authz/entities/todo/a%2F1 owner {"attributes":{"done":true}}',
    'PUT /v1/authz/entities/user/rick%40example.test owner {"attributes":{},"roles":["todo-reader"]}',
  ])
})
