/** Makes key pairs and exports them as JWKs while garbage is collected often; ends with a line once it is through. */
import { newEcKeyPair } from '../../src/secrets/key-pair.ts'

let garbage: string[] = []
for (let made = 0; made < 10_000; made += 1) {
  const { privateKey, publicKey } = newEcKeyPair()
  privateKey.export({ format: 'jwk' })
  publicKey.export({ format: 'jwk' })
  garbage.push('x'.repeat(made % 3000))
  if (garbage.length > 1000) garbage = []
}
process.stdout.write('through\n')
