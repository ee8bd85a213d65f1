/** Key pairs, and the lock of Node 20 that a plain one may stop at. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { newEcKeyPair, newRsaKeyPair } from '../../src/secrets/key-pair.ts'

const program = fileURLToPath(new URL('../support/export-new-keys.ts', import.meta.url))

t.test('10,000 new keys are exported while garbage is collected', async (t) => {
  const run = promisify(execFile)(process.execPath, ['--import=tsx', '--max-semi-space-size=1', program], {
    timeout: 300_000,
    killSignal: 'SIGKILL',
  })
  t.equal((await run).stdout, 'through\n')
})

t.test('a pair is of the kind that was asked for', async (t) => {
  t.match(newEcKeyPair().publicKey.asymmetricKeyDetails, { namedCurve: 'prime256v1' })
  t.match(newEcKeyPair('P-384').privateKey.asymmetricKeyDetails, { namedCurve: 'secp384r1' })
  const { privateKey, publicKey } = await newRsaKeyPair(2048)
  t.match(publicKey.asymmetricKeyDetails, { modulusLength: 2048 })
  t.equal(privateKey.type, 'private')
})
