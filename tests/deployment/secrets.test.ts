/**
 * The command that makes secrets: what it would replace is shown without a secret, and without a yes nothing is
 * touched.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { applySecrets, type Request } from '@gatehouse/deploy/secrets/apply'
import { otherKeyEncryptionKey } from '@gatehouse/deploy/secrets/keys'
import { allSettings } from '@gatehouse/deploy/settings'

const settings = await allSettings(fileURLToPath(new URL('../..', import.meta.url)))

/** Everything below the folder, by path. */
const contentOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(folder.length), readFileSync(file, 'utf8')]),
  )

function rig(t: Test, kubernetes: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const make = async (more: Partial<Request> = {}, isAgreed = false) => {
    const said: string[] = []
    let asked = 0
    const outcome = await applySecrets(
      { folder, kubernetes, release: 'gatehouse', settings, env: {}, ...more },
      { say: (line) => void said.push(line), agree: async () => ((asked += 1), isAgreed) },
    )
    return { outcome, said, asked }
  }
  return { folder, make }
}

const SMTP_URL = 'smtps://mailer:a-secret-of-theirs@mail.example:465'

for (const kubernetes of [false, true])
  t.test(`${kubernetes ? 'manifests' : 'files'}: what would be replaced is shown, and wants a yes`, async (t) => {
    const { folder, make } = rig(t, kubernetes)
    t.match(await make(), { outcome: 'written', said: [], asked: 0 }, 'there was nothing to replace')
    const first = contentOf(folder)
    t.match(await make(), { outcome: 'unchanged', asked: 0 })
    t.same(contentOf(folder), first, 'asked again it makes the same')

    const refused = await make({ env: { SMTP_URL } })
    t.match(refused, { outcome: 'refused', asked: 1 })
    t.ok(
      refused.said.includes(
        '~ workers/SMTP_URL smtp://' +
          (kubernetes ? 'gatehouse-smtp' : 'mailpit') +
          ':1025 -> smtps://mail.example:465',
      ),
    )
    t.notMatch(refused.said.join('\n'), /a-secret-of-theirs/)
    t.same(contentOf(folder), first, 'nothing is touched, nor is it remembered')
    t.match(await make(), { outcome: 'unchanged' })

    t.match(await make({ env: { SMTP_URL } }, true), { outcome: 'written', asked: 1 })
    const second = contentOf(folder)
    t.match(JSON.stringify(second), SMTP_URL)
    t.match(await make(), { outcome: 'unchanged', asked: 0 }, 'a shell without it forgets nothing')
    t.same(contentOf(folder), second)
    t.match(await make({ forget: 'SMTP_URL' }), { outcome: 'refused' })
    t.same(contentOf(folder), second)
  })

t.test('a rotation nobody agreed to has not happened', async (t) => {
  const { folder, make } = rig(t, true)
  await make()
  await make({ rotate: 'key-encryption-key' }, true)
  const first = contentOf(folder)
  for (const rotate of ['tokens', 'key-encryption-key']) {
    const { outcome, said } = await make({ rotate })
    t.equal(outcome, 'refused')
    t.ok(
      said.some((line) => line.startsWith('~ tokens/')),
      said.join('\n'),
    )
    t.same(contentOf(folder), first)
  }
  t.equal((await make({ rotate: 'tokens' }, true)).outcome, 'written')
  const announced = contentOf(folder)
  t.not(announced['/kept/services.jwks.json'], first['/kept/services.jwks.json'])
  t.equal(announced['/kept/tokens.jwk.json'], first['/kept/tokens.jwk.json'], 'the old key signs until the second time')
})

t.test('a key-encryption key is known everywhere before it seals, and opens until it is forgotten', async (t) => {
  const { folder, make } = rig(t, true)
  await make()
  const keys = () => {
    const read = (file: string) => readFileSync(file, 'utf8')
    const other = otherKeyEncryptionKey(join(folder, 'kept'))
    return { present: read(join(folder, 'kept', 'key-encryption.key')), other: other && read(other) }
  }
  const given = () => JSON.stringify(contentOf(folder))
  const first = keys()
  t.equal(first.other, undefined)
  t.notMatch(given(), /KEY_ENCRYPTION_KEY_PREVIOUS/)
  await make({ rotate: 'key-encryption-key' }, true)
  const announced = keys()
  t.equal(announced.present, first.present, 'still seals')
  t.match(given(), /KEY_ENCRYPTION_KEY_PREVIOUS/)
  await make({ rotate: 'key-encryption-key' }, true)
  t.same(keys(), { present: announced.other, other: first.present })
  await make({ rotate: 'key-encryption-key' }, true)
  t.same(keys(), { present: announced.other, other: undefined })
  t.notMatch(given(), /KEY_ENCRYPTION_KEY_PREVIOUS/)
})

t.test('a run that was ended halfway loses nothing', async (t) => {
  const { folder, make } = rig(t, false)
  await make()
  const first = contentOf(folder)
  renameSync(join(folder, 'kept'), join(folder, 'kept.previous'))
  t.match(await make(), { outcome: 'unchanged' })
  t.same(contentOf(folder), first)
  t.notOk(existsSync(join(folder, 'kept.next')))
})

t.test('a release finds its own servers', async (t) => {
  const { make } = rig(t, true)
  await make()
  const { said } = await make({ release: 'blue' })
  t.ok(
    said.some((line) =>
      /^~ orgs\/NATS_URL nats:\/\/gatehouse-nats:4222 -> nats:\/\/blue-gatehouse-nats:4222$/.test(line),
    ),
    said.join('\n'),
  )
})
