import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createAssertionSigner, createAssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { verifyAssertion } from '@gatehouse/test-kit/verify-token'
import { cacheFolder, isReachableByOthers } from '@gatehouse/local/servers/folders'
import { openDataFolder } from '@gatehouse/local/state/data-folder'
import { ensureKeys, rotateKeyEncryptionKey, rotateServiceKey } from '@gatehouse/deploy/secrets/keys'
import { fullName, rememberGiven } from '@gatehouse/deploy/secrets/given'
import { takeLock } from '@gatehouse/local/state/lock'
import { resetData } from '@gatehouse/local/state/reset'
import { openSettings } from '@gatehouse/local/state/settings'

const folderOf = (t: { teardown: (end: () => void) => void }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-state-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

t.test('a second launcher on the same folder is refused with a way out; a dead one’s lock is taken over', async (t) => {
  const file = join(folderOf(t), 'launcher.lock')
  const release = takeLock({ file, address: () => undefined })
  t.throws(
    () => takeLock({ file, address: () => 'http://127.0.0.1:8080', isLauncher: () => true }),
    /already runs from this folder \(process \d+, http:\/\/127.0.0.1:8080\).*set GATEHOUSE_DATA/,
  )
  release()
  t.notOk(existsSync(file))
  writeFileSync(file, '999999999\n')
  takeLock({ file, address: () => undefined })()
  writeFileSync(file, 'rubbish')
  const again = takeLock({ file, address: () => undefined })
  t.equal(readFileSync(file, 'utf8'), `${process.pid}\n`)
  again()
})

t.test('settings answer the same on every run and are for their owner’s eyes only', async (t) => {
  const file = join(folderOf(t), 'settings.json')
  const first = openSettings(file).password('redis')
  t.match(first, /^[\w-]{24}$/)
  t.equal(openSettings(file).password('redis'), first)
  t.not(openSettings(file).password('nats'), first)
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a kept file that was cut short is named, and nothing is made anew over it', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'settings.json')
  openSettings(file).password('redis')
  const whole = readFileSync(file, 'utf8')
  writeFileSync(file, whole.slice(0, -5))
  t.throws(() => openSettings(file), /settings\.json cannot be read: .*Put back a copy of it/)
  const keys = join(folder, 'keys')
  mkdirSync(keys)
  const files = ensureKeys(keys, ['orgs'])
  writeFileSync(files.privateKey('orgs'), '{"kty":')
  t.throws(() => ensureKeys(keys, ['orgs']), /orgs\.jwk\.json cannot be read/)
  t.equal(readFileSync(files.privateKey('orgs'), 'utf8'), '{"kty":', 'what is left of it stays')
})

t.test('a service key is announced before it signs, and the old one goes when it does', async (t) => {
  const folder = folderOf(t)
  const files = ensureKeys(folder, ['orgs', 'tokens'])
  const kids = () =>
    (JSON.parse(readFileSync(files.jwks, 'utf8')) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
  const own = () => (JSON.parse(readFileSync(files.privateKey('orgs'), 'utf8')) as { kid: string }).kid
  const [first, other] = kids()
  t.equal(rotateServiceKey(folder, 'orgs'), 'announced')
  ensureKeys(folder, ['orgs', 'tokens'])
  t.same([own(), kids().length], [first, 3], 'everybody learns of it while the first still signs')
  t.equal(rotateServiceKey(folder, 'orgs'), 'replaced')
  ensureKeys(folder, ['orgs', 'tokens'])
  t.not(own(), first)
  t.same(kids(), [own(), other])
  const kek = readFileSync(files.keyEncryptionKey, 'utf8')
  t.equal(rotateKeyEncryptionKey(folder), 'announced')
  ensureKeys(folder, ['orgs', 'tokens'])
  t.equal(
    readFileSync(files.keyEncryptionKey, 'utf8'),
    kek,
    'it seals until everybody can open what the next one seals',
  )
  t.equal(rotateKeyEncryptionKey(folder), 'replaced')
  ensureKeys(folder, ['orgs', 'tokens'])
  t.not(readFileSync(files.keyEncryptionKey, 'utf8'), kek)
  t.equal(rotateKeyEncryptionKey(folder), 'forgotten')
})

t.test('keys are made once, pinned for all, and a lost one is replaced with its public half', async (t) => {
  const folder = folderOf(t)
  const files = ensureKeys(folder, ['orgs', 'tokens'])
  const read = () => ({
    jwks: JSON.parse(readFileSync(files.jwks, 'utf8')),
    orgs: JSON.parse(readFileSync(files.privateKey('orgs'), 'utf8')),
    tokens: JSON.parse(readFileSync(files.privateKey('tokens'), 'utf8')),
  })
  const before = read()
  const request = { method: 'GET', path: '/internal/changes' }
  const assertion = createAssertionSigner({ service: 'orgs', privateJwk: before.orgs }).assertionFor('tokens', request)
  const callee = createAssertionVerifier({ service: 'tokens', jwks: before.jwks })
  t.equal(await verifyAssertion(callee, assertion, request), 'orgs')
  ensureKeys(folder, ['orgs', 'tokens'])
  t.same(read(), before)
  rmSync(files.privateKey('orgs'))
  ensureKeys(folder, ['orgs', 'tokens'])
  const after = read()
  t.not(after.orgs.kid, before.orgs.kid)
  t.same(after.tokens, before.tokens)
  t.same(
    after.jwks.keys.map((key: { kid: string }) => key.kid),
    [after.orgs.kid, after.tokens.kid],
  )
  t.notMatch(readFileSync(files.jwks, 'utf8'), '"d"')
  t.equal(Buffer.from(readFileSync(files.keyEncryptionKey, 'utf8'), 'base64url').length, 32)
})

t.test('reset forgets everything, also what lies outside, but never with a server of the operator’s', async (t) => {
  const root = folderOf(t)
  const data = openDataFolder({ GATEHOUSE_DATA: root })
  const outside = join(folderOf(t), 'data-1')
  mkdirSync(join(outside, 'postgres'), { recursive: true })
  writeFileSync(join(data.servers, 'postgres.location'), join(outside, 'postgres'))
  openSettings(data.settingsFile).password('redis')
  t.throws(() => {
    resetData(data, { GATEHOUSE_REDIS_URL: 'redis://127.0.0.1' })
  }, /GATEHOUSE_REDIS_URL names a server of yours/)
  t.ok(existsSync(data.settingsFile))
  resetData(data, { GATEHOUSE_REDIS_URL: '' })
  t.notOk(existsSync(outside))
  t.notOk(existsSync(data.settingsFile))
  t.notOk(existsSync(data.servers))
})

t.test('secrets’ folders are closed, the way to PostgreSQL’s data is open but not listed', async (t) => {
  const data = openDataFolder({ GATEHOUSE_DATA: join(folderOf(t), 'data') })
  t.equal(statSync(data.root).mode & 0o777, 0o711)
  t.equal(statSync(data.keys).mode & 0o777, 0o700)
  t.equal(statSync(data.logs).mode & 0o777, 0o700)
  t.equal(isReachableByOthers(data.keys), false)
  t.throws(() => openDataFolder({ GATEHOUSE_DATA: '/dev/null/nowhere' }), /cannot be used .* set GATEHOUSE_DATA/)
})

t.test('the cache is where the user keeps caches, and a named folder that cannot be written is an error', async (t) => {
  const folder = folderOf(t)
  t.equal(cacheFolder({ XDG_CACHE_HOME: folder }), join(folder, 'gatehouse'))
  t.equal(cacheFolder({ GATEHOUSE_CACHE: folder }), folder)
  t.throws(() => cacheFolder({ GATEHOUSE_CACHE: '/dev/null/nowhere' }), /GATEHOUSE_CACHE names/)
})

t.test('servers that were given once stay given, and what changes is told without credentials', async (t) => {
  const folder = folderOf(t)
  const smtp = 'smtps://user:secret@mail.example.com:465'
  t.same(rememberGiven({ folder, env: { SMTP_URL: smtp, PATH: '/bin' } }).changes, [
    'SMTP_URL: the deployment’s own server -> smtps://mail.example.com:465',
  ])
  t.same(rememberGiven({ folder, env: {} }), { urls: { SMTP_URL: smtp }, changes: [] }, 'a shell without it')
  t.same(rememberGiven({ folder, env: { SMTP_URL: '' } }).urls, { SMTP_URL: smtp }, 'an empty variable is none')
  const other = rememberGiven({ folder, env: { SMTP_URL: 'smtp://other.example:25' } })
  t.same(other.changes, ['SMTP_URL: smtps://mail.example.com:465 -> smtp://other.example:25'])
  t.same(rememberGiven({ folder, env: {}, forget: 'SMTP_URL' }).urls, {}, 'until it is taken back')
  t.throws(() => rememberGiven({ folder, env: {}, forget: 'PATH' }), /--forget takes one of/)
  t.equal(statSync(join(folder, 'given.json')).mode & 0o777, 0o600)
})

t.test('a release is named in secrets as the chart names it', async (t) => {
  t.equal(fullName('gatehouse'), 'gatehouse')
  t.equal(fullName('acme'), 'acme-gatehouse')
  t.equal(fullName('my-gatehouse-eu'), 'my-gatehouse-eu')
  t.equal(fullName('a'.repeat(60)).length, 40)
})
