/**
 * Configuration: every error at once, secrets from files, weak secrets refused outside development, values never shown.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import t from 'tap'
import { describeConfig } from '../src/config/describe.ts'
import { postgresConfig, serviceConfig } from '../src/config/fragments.ts'
import { isConfigError, loadConfig, type Environment } from '../src/config/load.ts'
import { Secret } from '../src/config/schema.ts'

const schema = Type.Object({
  ...serviceConfig,
  ...postgresConfig,
  SIGNING_SECRET: Secret({ description: 'Signs something.' }),
  RETRIES: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
  ORIGINS: Type.Array(Type.String(), { default: [] }),
  VERBOSE: Type.Boolean({ default: false }),
})

const good: Environment = {
  GATEHOUSE_ISSUER: 'https://id.example.com',
  SERVICE_PRIVATE_KEY: '{"kty":"EC"}',
  SERVICE_JWKS: '{}',
  DATABASE_RUNTIME_URL: 'postgres://orgs_runtime:q8Zr2LmXw0Pk5VtB@db/gatehouse',
  DATABASE_SYSTEM_URL: 'postgres://orgs_system:a7Yt3KnCx9Qj4UsD@db/gatehouse',
  REVISION_KEY: 'kQ3v9sXz1bT7yWc5nR8pLd2fGh4jMa6uEo0iVxNqSrU',
  SIGNING_SECRET: 'f3Kq9ZtX1vLm8WcR',
}

const errorsOf = (env: Environment, options?: Parameters<typeof loadConfig>[2]): readonly string[] => {
  try {
    loadConfig(schema, env, options)
  } catch (err) {
    if (isConfigError(err)) return err.errors
    throw err
  }
  return []
}

t.test('a complete environment becomes frozen, typed configuration with its defaults', async (t) => {
  const config = loadConfig(schema, {
    ...good,
    PORT: '8080',
    ORIGINS: 'https://a.example, https://b.example',
    VERBOSE: 'true',
  })
  t.equal(config.PORT, 8080)
  t.equal(config.GATEHOUSE_ENV, 'production', 'production unless told otherwise')
  t.same(config.ORIGINS, ['https://a.example', 'https://b.example'])
  t.equal(config.VERBOSE, true)
  t.equal(config.RETRIES, undefined)
  t.ok(Object.isFrozen(config))
})

t.test('every error is reported at once, one line per variable, without values', async (t) => {
  const errors = errorsOf({
    ...good,
    GATEHOUSE_ISSUER: 'not a url',
    PORT: 'eighty',
    LOG_LEVEL: 'loud',
    DATABASE_RUNTIME_URL: 'mysql://root:topsecretvalue123@db/x',
    SIGNING_SECRET: '',
    RETRIES: '11',
    VERBOSE: 'maybe',
  })
  for (const name of [
    'GATEHOUSE_ISSUER',
    'PORT',
    'LOG_LEVEL',
    'DATABASE_RUNTIME_URL',
    'SIGNING_SECRET',
    'RETRIES',
    'VERBOSE',
  ]) {
    t.equal(errors.filter((line) => line.startsWith(name)).length, 1, `${name} is named once`)
  }
  t.equal(errors.length, 7)
  t.notMatch(errors.join('\n'), /topsecretvalue123|eighty/, 'no value is repeated')
})

t.test('an empty variable counts as absent', async (t) => {
  t.match(errorsOf({ ...good, SIGNING_SECRET: '' }), ['SIGNING_SECRET is required (or SIGNING_SECRET_FILE)'])
})

t.test('a value can come from a file named by <NAME>_FILE, and only from one place', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  const file = join(folder, 'secret')
  writeFileSync(file, 'f3Kq9ZtX1vLm8WcR\n')
  const { SIGNING_SECRET, ...rest } = good
  t.equal(
    loadConfig(schema, { ...rest, SIGNING_SECRET_FILE: file }).SIGNING_SECRET,
    SIGNING_SECRET,
    'the trailing newline is not part of it',
  )
  t.match(errorsOf({ ...good, SIGNING_SECRET_FILE: file }), [/both set/])
  t.match(errorsOf({ ...rest, SIGNING_SECRET_FILE: join(folder, 'missing') }), [/cannot be read.*ENOENT/])
})

t.test('weak secrets are refused outside development, also inside URLs', async (t) => {
  const weak = {
    ...good,
    SIGNING_SECRET: 'changeme',
    DATABASE_RUNTIME_URL: 'postgres://a:postgres@db/x',
    DATABASE_SYSTEM_URL: 'postgres://a@db/x',
  }
  t.match(errorsOf(weak), [
    /DATABASE_RUNTIME_URL: its password is too short/,
    /DATABASE_SYSTEM_URL has no password/,
    /SIGNING_SECRET is too short/,
  ])
  t.match(errorsOf({ ...good, SIGNING_SECRET: 'aaaaaaaaaaaaaaaaaaaaaaaa' }), [/too uniform/])
  t.match(errorsOf({ ...good, SIGNING_SECRET: 'change-me-please-now' }), [/begins like a default/])
  t.match(errorsOf({ ...good, SERVICE_PRIVATE_KEY: 'A'.repeat(43) }), [/SERVICE_PRIVATE_KEY is too uniform/])
  t.match(errorsOf({ ...good, DATABASE_RUNTIME_URL: 'postgres://orgs_runtime:100%q8Zr2LmXw0Pk5V@db/x' }), [
    /a % in its password must be written %25/,
  ])
  t.same(errorsOf({ ...weak, GATEHOUSE_ENV: 'development' }), [], 'development takes them')
})

t.test('a URL that signs in as another role than the service’s own is refused', async (t) => {
  t.same(errorsOf(good, { service: 'orgs' }), [])
  const shared = { ...good, DATABASE_SYSTEM_URL: good['DATABASE_RUNTIME_URL'] }
  t.match(errorsOf(shared, { service: 'orgs' }), [/^DATABASE_SYSTEM_URL must sign in as orgs_system/])
  t.match(
    errorsOf(good, { service: 'tokens' }),
    [/^DATABASE_RUNTIME_URL must sign in as tokens_runtime/, /^DATABASE_SYSTEM_URL must sign in as tokens_system/],
    'two services never share a role',
  )
})

t.test('the description names every setting and shows no secret', async (t) => {
  const settings = describeConfig(schema)
  t.match(
    settings.find(({ name }) => name === 'PORT'),
    { type: 'integer', required: false, secret: false, default: 0 },
  )
  t.match(
    settings.find(({ name }) => name === 'SIGNING_SECRET'),
    { type: 'string', required: true, secret: true, description: 'Signs something.' },
  )
  t.same(settings.find(({ name }) => name === 'GATEHOUSE_ENV')?.options, ['production', 'development'])
})
