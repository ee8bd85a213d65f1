import t from 'tap'
import { pauseBefore } from '@gatehouse/local/demo/client'
import { environmentOf, type PlatformFacts } from '@gatehouse/local/platform/environment'
import { lastWords } from '@gatehouse/local/processes/last-words'
import { findExternal } from '@gatehouse/local/servers/external'
import { changeSuite } from '@gatehouse/local/servers/apt'
import { listeningInodes } from '@gatehouse/local/servers/ports'
import { parseVersion, versionObjection } from '@gatehouse/local/servers/versions'

const variables = { postgres: 'DATABASE_URL', redis: 'REDIS_URL', nats: 'NATS_URL' } as const

t.test('versions are read from every banner we meet, and old ones are refused with a reason', async (t) => {
  t.same(parseVersion('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'), [15, 18])
  t.same(parseVersion('postgres (PostgreSQL) 18beta1'), [18, 0])
  t.same(parseVersion('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0'), [7, 0])
  t.same(parseVersion('nats-server: v2.10.27'), [2, 10])
  t.equal(parseVersion('no number'), undefined)
  t.equal(versionObjection('postgres', [18, 0]), undefined)
  t.match(versionObjection('postgres', [17, 9]), /18 or newer/, '`uuidv7()` came with 18')
  t.equal(versionObjection('redis', [6, 0]), 'Redis 6.0 is too old: 6.2 or newer is needed')
  t.equal(versionObjection('nats', [2, 9]), 'NATS 2.9 is too old: 2.10 or newer is needed')
})

t.test('a server is the operator’s only under the launcher’s own names', async (t) => {
  const shell = {
    DATABASE_URL: 'postgres://127.0.0.1:1/x',
    REDIS_URL: 'redis://127.0.0.1:1',
    NATS_URL: 'nats://127.0.0.1:1',
  }
  for (const server of ['postgres', 'redis', 'nats'] as const) {
    t.equal(await findExternal(server, shell), undefined, `${server} of another program is left alone`)
    const [, url = ''] = Object.entries(shell).find(([name]) => name === variables[server]) ?? []
    await t.rejects(
      findExternal(server, { [`GATEHOUSE_${variables[server]}`]: url }),
      new RegExp(`that GATEHOUSE_${variables[server]} names cannot be used`),
    )
  }
})

t.test('package sources follow the release they are changed to, and vendors’ sources stay behind', async (t) => {
  const sources = `Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://vendor.example/bookworm
Suites: nodistro
Components: main`
  const changed = changeSuite({ name: '/etc/apt/sources.list.d/debian.sources', text: sources }, 'bookworm', 'trixie')
  t.match(changed, 'Suites: trixie trixie-updates')
  t.match(changed, 'http://mirror.example/debian')
  t.notMatch(changed, 'vendor')
  const list =
    'deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib\n# a comment\ndeb-src ' +
    'http://mirror.example/debian bookworm main\ndeb http://mirror.example/security bookworm-security main\ndeb ' +
    'https://vendor.example/apt vendor-bookworm main'
  t.equal(
    changeSuite({ name: '/etc/apt/sources.list', text: list }, 'bookworm', 'trixie'),
    'deb [signed-by=/k.gpg] http://mirror.example/debian trixie main contrib\ndeb http://mirror.example/security ' +
      'trixie-security main',
  )
})

t.test('only sockets that listen on the port count', async (t) => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
   2: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1`
  t.same(listeningInodes(table, 8080), ['4711'])
})

t.test('the reason of a death is found in every kind of log', async (t) => {
  t.equal(
    lastWords(
      '{"level":"info","message":"fine"}\n{"level":"fatal","message":"cannot start","err":{"message":"KEY is ' +
        'missing"}}\n',
    ),
    'cannot start: KEY is missing',
  )
  t.match(
    lastWords(
      '2026-11-24 04:00:01.123 UTC [123] LOG:  starting\n2026-11-24 04:00:01.124 UTC [123] FATAL:  could not open ' +
        'file\n2026-11-24 04:00:01.125 UTC [123] LOG:  database system is shut down',
    ),
    /^FATAL: {2}could not open file$/,
  )
  t.match(
    lastWords('[1] 2026/11/24 04:00:00.1 [INF] Starting\n[1] 2026/11/24 04:00:00.1 [FTL] Can not start JetStream'),
    /Can not start JetStream/,
  )
  t.equal(lastWords(''), undefined)
})

const ports = Object.fromEntries(
  ['gateway', 'identity', 'tokens', 'orgs', 'authz', 'workers'].map((name, index) => [
    name,
    { port: 6000 + index, managementPort: 7000 + index },
  ]),
) as PlatformFacts['ports']
const facts: PlatformFacts = {
  mode: 'development',
  adminUrl: 'postgres://admin:secret@127.0.0.1:5000/postgres',
  database: 'gatehouse',
  rolePassword: (role) => `pw-${role}`,
  redisUrl: 'redis://:r@127.0.0.1:5001/0',
  natsUrl: 'nats://g:n@127.0.0.1:5002',
  serviceUrls: () => ({ redis: 'redis://127.0.0.1:5001', nats: 'nats://127.0.0.1:5002' }),
  smtpUrl: 'smtp://127.0.0.1:5003',
  ports,
  replicas: Object.fromEntries(
    Object.entries(ports).map(([name, place]) => [name, [place]]),
  ) as PlatformFacts['replicas'],
  keys: {
    jwks: '/k/services.jwks.json',
    keyEncryptionKey: '/k/key',
    revisionKey: '/k/revision',
    cookieKey: '/k/cookie',
    privateKey: (service) => `/k/${service}`,
  },
  admin: { email: 'a@example.test', password: 'generated' },
}

t.test('a service gets what its configuration declares and nothing else', async (t) => {
  const gateway = environmentOf({
    service: 'gateway',
    at: ports.gateway,
    declared: ['PORT', 'TOKENS_URL', 'SERVICE_PRIVATE_KEY'],
    facts,
    env: { PATH: '/bin', DATABASE_URL: 'postgres://x', PORT: '9' },
  })
  t.same(gateway, {
    PATH: '/bin',
    PORT: '6000',
    TOKENS_URL: 'http://127.0.0.1:6002',
    SERVICE_PRIVATE_KEY_FILE: '/k/gateway',
  })
  const tokens = environmentOf({
    service: 'tokens',
    at: ports.tokens,
    declared: ['DATABASE_RUNTIME_URL', 'TOKENS_ACCESS_TTL_SECONDS'],
    facts,
    env: { TOKENS_ACCESS_TTL_SECONDS: '60', DATABASE_RUNTIME_URL: 'postgres://elsewhere' },
  })
  t.same(tokens, {
    DATABASE_RUNTIME_URL: 'postgres://tokens_runtime:pw-tokens_runtime@127.0.0.1:5000/gatehouse',
    TOKENS_ACCESS_TTL_SECONDS: '60',
  })
  const identity = environmentOf({
    service: 'identity',
    at: ports.identity,
    declared: ['BOOTSTRAP_ADMIN_PASSWORD'],
    facts,
    env: { BOOTSTRAP_ADMIN_PASSWORD_FILE: '/run/secret' },
  })
  t.same(identity, { BOOTSTRAP_ADMIN_PASSWORD_FILE: '/run/secret' })
})

t.test('a client asked to wait waits as long as it is asked', async (t) => {
  const answer = (status: number, retryAfter?: string) => ({
    status,
    headers: new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  })
  t.equal(pauseBefore(answer(429, '7'), 0), 7000)
  t.equal(pauseBefore(answer(503), 2), 800)
  t.equal(pauseBefore(answer(500), 0), undefined)
})
