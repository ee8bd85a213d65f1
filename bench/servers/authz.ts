/**
 * The real authz service as its own process on a real database, with neighbours that never say anything new, and whoever may ask it.
 * Facts of people and organizations are put into its tables; the cursors say that they are what the neighbours have said.
 */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import { internalHeaders, type ServiceName } from '@gatehouse/contracts/common/services'
import { createAssertionSigner, generateServiceKey } from '@gatehouse/service-kit/http/assertion'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { testDatabase } from '@gatehouse/test-kit/database'
import { testNatsUrl } from '@gatehouse/test-kit/nats'
import postgres from 'postgres'
import { answersOk, freePort, startChild, type Child } from './child.ts'
import type { Cleanup } from './cleanup.ts'
import { startNeighbours } from './neighbours.ts'

export type Member = { readonly userId: string; readonly orgId: string; readonly membershipId: string }

export type Authz = {
  readonly port: number
  pid(): number
  /** As the service's own system role; search path and row-level security as the service has them. */
  readonly sql: postgres.Sql
  /** After many rows: the planner should know of them, as it would in a database that grew. */
  analyze(): Promise<void>
  /** Headers the gateway would send for this token. Good for about 30 s: the assertion in them expires. */
  headersFor(token: string): Record<string, string>
  /** An access token of a person, in an organization when they are a member of one. */
  personToken(who: Member | { userId: string }): string
  call(method: 'PUT' | 'POST', path: string, o: { token: string; body: unknown }): Promise<{ status: number; body: unknown }>
  /** Ends the process and starts another one on the same data; milliseconds until it is ready. */
  restart(): Promise<number>
}

const names: readonly ServiceName[] = ['gateway', 'identity', 'tokens', 'orgs', 'authz', 'workers']
const issuer = 'https://bench.test'
const repository = fileURLToPath(new URL('../..', import.meta.url))
/** As it is shipped: bundled, without the development runner's helpers in its functions. */
const main = join(repository, 'dist/authz/service/bin/main.mjs')
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export async function startAuthz(cleanup: Cleanup, o: { profileInto?: string } = {}): Promise<Authz> {
  execFileSync(process.execPath, ['--import', 'tsx', 'infra/deploy/src/build.ts', 'authz'], { cwd: repository })
  const database = await testDatabase(cleanup, { services: ['authz'] })
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const neighbours = await startNeighbours(cleanup, { keys: [{ ...signing.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] })
  const { gateway, ...settings } = createKeys()
  const sql = postgres(database.url('authz', 'system'), { max: 2, onnotice: () => {}, connection: { search_path: 'authz' } })
  cleanup.teardown(() => sql.end({ timeout: 5 }))
  for (const producer of ['identity', 'orgs', 'tokens']) {
    await sql`insert into projection_cursors (projection, producer, epoch, position) values (${`authz--${producer}`}, ${producer}, ${neighbours.epoch}, 0)`
  }
  const [port, managementPort] = [await freePort(), await freePort()]
  const env = {
    ...process.env, GATEHOUSE_ENV: 'development', GATEHOUSE_PARENT_WATCH: '1', NODE_ENV: 'production', LOG_LEVEL: 'warn', HOST: '127.0.0.1', PORT: String(port), MANAGEMENT_PORT: String(managementPort), GATEHOUSE_ISSUER: issuer,
    ...settings,
    DATABASE_RUNTIME_URL: database.url('authz', 'runtime'), DATABASE_SYSTEM_URL: database.url('authz', 'system'), NATS_URL: testNatsUrl(),
    IDENTITY_URL: neighbours.url, ORGS_URL: neighbours.url, TOKENS_URL: neighbours.url,
  }
  const profiling = o.profileInto === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${o.profileInto}`]
  const start = (): Promise<Child> =>
    startChild(cleanup, { name: 'authz', command: process.execPath, args: [...profiling, main], env, isReady: () => answersOk(`http://127.0.0.1:${managementPort}/readyz`) })
  let child = await start()
  return {
    port,
    pid: () => child.pid,
    sql,
    async analyze() {
      const owner = postgres(database.url('authz', 'owner'), { max: 1, onnotice: () => {} })
      await owner.unsafe('vacuum analyze authz.users, authz.memberships, authz.organizations, authz.assignments, authz.roles, authz.policies')
      await owner.end({ timeout: 5 })
    },
    headersFor: (token) => headersFromGateway(gateway.assertionFor('authz'), token),
    personToken: (who) => personToken(signing.privateKey, who),
    async call(method, path, { token, body }) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { ...headersFromGateway(gateway.assertionFor('authz'), token), 'content-type': 'application/json' }, body: JSON.stringify(body) })
      return { status: response.status, body: await response.json() }
    },
    async restart() {
      await child.stop()
      const started = performance.now()
      child = await start()
      return performance.now() - started
    },
  }
}

function createKeys() {
  const keys = new Map(names.map((service) => [service, generateServiceKey(service)]))
  const keyOf = (service: ServiceName) => keys.get(service) as ReturnType<typeof generateServiceKey>
  return {
    gateway: createAssertionSigner({ service: 'gateway', privateJwk: keyOf('gateway').privateJwk }),
    SERVICE_PRIVATE_KEY: JSON.stringify(keyOf('authz').privateJwk),
    SERVICE_JWKS: JSON.stringify({ keys: names.map((service) => keyOf(service).publicJwk) }),
  }
}

/** What the gateway sends along with every request. */
function headersFromGateway(assertion: string, token: string): Record<string, string> {
  const id = newId('req')
  return {
    authorization: `Bearer ${assertion}`, [internalHeaders.accessToken]: token, [internalHeaders.clientAddress]: '192.0.2.1', [internalHeaders.correlation]: id,
    'x-request-id': id, traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
  }
}

function personToken(key: KeyObject, who: Member | { userId: string }): string {
  const now = Math.floor(Date.now() / 1000)
  const inOrganization = 'orgId' in who ? { org_id: who.orgId, mid: who.membershipId, ov: 1, mv: 1 } : {}
  const claims = {
    iss: issuer, aud: accessTokenAudience, sub: who.userId, client_id: 'bench', iat: now, exp: now + 3600, auth_time: now, jti: newId('jti'),
    sid: newId('ses'), sv: 1, uv: 1, amr: ['pwd'], acr: '1', ...inOrganization,
  }
  const input = `${base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })}.${base64url(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
