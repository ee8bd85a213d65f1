/**
 * Hashes of passwords as other systems made them, and the check of one. Each is one text that names its algorithm and
 * parameters; parameters that would cost more than a sign-in may are refused when the hash is imported. A password that
 * is right is hashed anew with argon2id at once.
 */
import { createCipheriv, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { verify as verifyArgon2 } from '@node-rs/argon2'
import { verify as verifyBcrypt } from '@node-rs/bcrypt'

const derivePbkdf2 = promisify(pbkdf2)
const deriveScrypt = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
)

type Scrypt = { ln: number; r: number; p: number; salt: Buffer }

type Parsed =
  | { kind: 'argon2' | 'bcrypt' }
  | ({ kind: 'scrypt'; hash: Buffer } & Scrypt)
  | ({ kind: 'firebase-scrypt'; signerKey: Buffer; hash: Buffer } & Scrypt)
  | { kind: 'pbkdf2'; digest: 'sha1' | 'sha256' | 'sha512'; iterations: number; salt: Buffer; hash: Buffer }

/** Standard or url-safe base64, padded or not, as the dumps of the world have it. */
const base64 = '[A-Za-z0-9+/_-]+={0,2}'
const argon2Format = new RegExp(
  `^\\$argon2(?:id|i|d)\\$v=(?:16|19)\\$m=(\\d{1,7}),t=(\\d{1,3}),p=(\\d{1,3})\\$${base64}\\$${base64}$`,
)
const bcryptFormat = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const scryptFormat = new RegExp(`^\\$scrypt\\$ln=(\\d{1,2}),r=(\\d{1,2}),p=(\\d{1,2})\\$(${base64})\\$(${base64})$`)
/**
 * `$firebase-scrypt$ln=<mem_cost>,r=<rounds>$<salt>$<salt separator>$<signer key>$<hash>`: its parameters are those of
 * the project.
 */
const firebaseFormat = new RegExp(
  `^\\$firebase-scrypt\\$ln=(\\d{1,2}),r=(\\d{1,2})\\$(${base64})\\$(${base64})\\$(${base64})\\$(${base64})$`,
)
const pbkdf2Format = new RegExp(`^\\$pbkdf2-(sha1|sha256|sha512)\\$i=(\\d{1,7})\\$(${base64})\\$(${base64})$`)

/** What one check may cost at most: about ten times our own hash. */
const most = {
  argon2KiB: 262_144,
  argon2Passes: 16,
  argon2Lanes: 16,
  bcryptCost: 14,
  scryptBytes: 67_108_864,
  scryptLanes: 4,
  iterations: 2_000_000,
}

const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64')
/** Shorter ones tell too little; longer ones nobody makes. */
const isHashLong = (hash: Buffer): boolean => hash.length >= 16 && hash.length <= 128

/** Undefined for what is none of the formats, and for what would cost too much. */
export function parseStoredHash(text: string): Parsed | undefined {
  return parseArgon2(text) ?? parseBcrypt(text) ?? parseScrypt(text) ?? parseFirebase(text) ?? parsePbkdf2(text)
}

function parseArgon2(text: string): Parsed | undefined {
  const [, memory, passes, lanes] = (argon2Format.exec(text) ?? []).map(Number)
  if (memory === undefined || passes === undefined || lanes === undefined) return undefined
  const isBounded =
    memory >= 8 * lanes && memory <= most.argon2KiB && passes >= 1 && passes <= most.argon2Passes && lanes >= 1
  return isBounded && lanes <= most.argon2Lanes ? { kind: 'argon2' } : undefined
}

function parseBcrypt(text: string): Parsed | undefined {
  const cost = Number(bcryptFormat.exec(text)?.[1])
  return cost >= 4 && cost <= most.bcryptCost ? { kind: 'bcrypt' } : undefined
}

const isAffordable = ({ ln, r, p }: Scrypt): boolean =>
  ln >= 1 && r >= 1 && p >= 1 && p <= most.scryptLanes && 128 * r * 2 ** ln <= most.scryptBytes

function parseScrypt(text: string): Parsed | undefined {
  const found = scryptFormat.exec(text)
  if (found === null) return undefined
  const [, ln, r, p, salt, hash] = found
  const parsed = {
    kind: 'scrypt',
    ln: Number(ln),
    r: Number(r),
    p: Number(p),
    salt: bytesOf(salt),
    hash: bytesOf(hash),
  } as const
  return isAffordable(parsed) && isHashLong(parsed.hash) ? parsed : undefined
}

function parseFirebase(text: string): Parsed | undefined {
  const found = firebaseFormat.exec(text)
  if (found === null) return undefined
  const [, ln, r, salt, separator, signerKey, hash] = found
  const parsed = {
    kind: 'firebase-scrypt',
    ln: Number(ln),
    r: Number(r),
    p: 1,
    salt: Buffer.concat([bytesOf(salt), bytesOf(separator)]),
    signerKey: bytesOf(signerKey),
    hash: bytesOf(hash),
  } as const
  const isWhole = isHashLong(parsed.hash) && parsed.signerKey.length === parsed.hash.length
  return isAffordable(parsed) && isWhole ? parsed : undefined
}

function parsePbkdf2(text: string): Parsed | undefined {
  const found = pbkdf2Format.exec(text)
  if (found === null) return undefined
  const [, digest, rounds, salt, stored] = found
  const [iterations, hash] = [Number(rounds), bytesOf(stored)]
  if (iterations < 1 || iterations > most.iterations || !isHashLong(hash)) return undefined
  return { kind: 'pbkdf2', digest: digest as 'sha1' | 'sha256' | 'sha512', iterations, salt: bytesOf(salt), hash }
}

/** Whether the hash is of this password. */
export async function verifyStoredHash(stored: string, password: string): Promise<boolean> {
  const parsed = parseStoredHash(stored)
  switch (parsed?.kind) {
    case 'argon2':
      return verifyArgon2(stored, password)
    case 'bcrypt':
      // The letter tells of old mistakes of implementations; the algorithm behind all of them is 2b.
      return verifyBcrypt(password, stored.replace(/^\$2[axy]\$/, '$2b$'))
    case 'scrypt':
      return timingSafeEqual(await scryptOf(parsed, password, parsed.hash.length), parsed.hash)
    case 'firebase-scrypt': {
      // The derived key encrypts the project's signer key; the ciphertext is the hash.
      const cipher = createCipheriv('aes-256-ctr', await scryptOf(parsed, password, 32), Buffer.alloc(16))
      return timingSafeEqual(Buffer.concat([cipher.update(parsed.signerKey), cipher.final()]), parsed.hash)
    }
    case 'pbkdf2': {
      const { salt, iterations, digest, hash } = parsed
      return timingSafeEqual(await derivePbkdf2(password, salt, iterations, hash.length, digest), hash)
    }
    case undefined:
      return false
  }
}

const scryptOf = ({ ln, r, p, salt }: Scrypt, password: string, length: number): Promise<Buffer> =>
  deriveScrypt(password, salt, length, { N: 2 ** ln, r, p, maxmem: 2 * most.scryptBytes })
