/**
 * House rules no tool has: file names, clocks in the domain, the same shape for every service, no package host in the
 * tree. Each rule is a small source scan; `house-rules.test.ts` feeds each a bad example.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

export type SourceFile = { path: string; text: string }
type Rule = { name: string; why: string; applies: RegExp; broken: (file: SourceFile) => boolean }

const banned = /(^|\/)(utils?|helpers?|misc|manager|service|index)\.tsx?$/
const hosts = new RegExp(['registry\\.npm' + 'js', 'deb\\.deb' + 'ian\\.org', 'unp' + 'kg\\.com'].join('|'))

export const rules: Rule[] = [
  {
    name: 'kebab-case',
    why: 'A file is found by its name.',
    applies: /^(services|libs|infra|tests)\/.*\.tsx?$/,
    broken: ({ path }) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.tsx?$/.test(path.split('/').at(-1) ?? ''),
  },
  {
    name: 'no drawer names',
    why: 'utils, helpers and barrels hide what is in them.',
    applies: /^(services|libs)\/.*\.tsx?$/,
    broken: ({ path }) => banned.test(path),
  },
  {
    name: 'no clock or chance in the domain',
    why: 'Domain receives values, so that a test can.',
    applies: /^services\/[^/]+\/src\/domain\//,
    broken: ({ text }) => /Date\.now|new Date\(\)|Math\.random|performance\.now/.test(text),
  },
  {
    name: 'a file says what lives in it',
    why: 'The first lines are the table of contents.',
    applies: /^(services|libs)\/[^/]+\/src\/.*\.tsx?$/,
    broken: ({ text }) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(text),
  },
  {
    name: 'generated cases are repeatable',
    why: 'A change is judged by the same cases everywhere; another seed is asked for by name.',
    applies: /\.test\.ts$/,
    broken: ({ text }) =>
      /Math\.random\(/.test(text) ||
      (/^import fc from 'fast-check'/m.test(text) && !text.includes('@gatehouse/test-kit/fixed-seed')),
  },
  {
    name: 'requests die young',
    why:
      'What a weak map is keyed by, and all it points to, outlives the young generation: each request then ' +
      'costs twice its CPU.',
    applies: /^(services|libs)\/[^/]+\/src\//,
    broken: ({ text }) =>
      /Weak(Map|Set)<(FastifyRequest|FastifyReply|IncomingMessage|ServerResponse|RequestContext|Tx)\b/.test(text),
  },
  {
    name: 'key pairs are made in one place',
    why: 'On Node 20 a key that its generator handed out may stop the process for ever when it is exported as a JWK.',
    applies: /^(services|libs|infra|tests|bench)\/(?!.*\/secrets\/key-pair\.ts$).*\.tsx?$/,
    broken: ({ text }) => /(generateKeyPair(Sync)?|\brandomDPoPKeyPair)\b\s*[(,)]/.test(text),
  },
  {
    name: 'a timeout is held by somebody',
    why: 'Node 20 may collect a timeout that only `AbortSignal.any` knows, and it never fires.',
    applies: /^(services|libs|infra|tests|bench)\/.*\.tsx?$/,
    broken: ({ text }) => /AbortSignal\.any\(\[[^\]]*AbortSignal\.timeout\(/.test(text),
  },
  {
    name: 'lines of at most 120 columns',
    why: 'The formatter breaks code and leaves comments, texts and SQL. A title and an import stay on one line.',
    applies: /\.(tsx?|mjs)$/,
    broken: ({ text }) => text.split('\n').some((line) => line.length > 120 && !/^\s*'.*',?$|^import /.test(line)),
  },
  {
    name: 'no package host',
    why: 'The tree does not know where anybody downloads from.',
    applies: /\.(tsx?|js|mjs|json|md|ya?ml|sh)$|^\.ci\//,
    broken: ({ text }) => hosts.test(text),
  },
]

/** Every broken rule, as `path: rule (why)`. */
export const judge = (files: SourceFile[]): string[] =>
  files.flatMap((file) =>
    rules
      .filter((rule) => rule.applies.test(file.path) && rule.broken(file))
      .map((rule) => `${file.path}: ${rule.name} (${rule.why})`),
  )

const serviceParts = [
  'README.md',
  'package.json',
  'src/main.ts',
  'src/config.ts',
  'src/deps.ts',
  'src/app.ts',
  'src/routes/routes.ts',
]
const storedParts = ['src/migrate.ts', 'src/store/schema.ts', 'migrations']
const services = ['gateway', 'identity', 'tokens', 'orgs', 'authz', 'workers', 'pages']
const storesNothing = ['gateway', 'pages']

/** Parts a service lacks: one service looks like every other, and only the gateway and the pages store nothing. */
export const missingParts = (exists: (path: string) => boolean): string[] =>
  services.flatMap((service) => {
    const parts = storesNothing.includes(service)
      ? serviceParts.filter((part) => service !== 'gateway' || !part.startsWith('src/routes'))
      : [...serviceParts, ...storedParts]
    return parts
      .map((part) => `services/${service}/${part}`)
      .filter((path) => !exists(path))
      .map((path) => `${path}: missing (one service looks like every other)`)
  })

const trackedFiles = (): SourceFile[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
    .split('\0')
    .filter(
      (path) =>
        path !== '' && path !== 'package-lock.json' && existsSync(path) && !path.startsWith('tests/architecture/'),
    )
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))

if (process.argv[1] === import.meta.filename) {
  const complaints = [...judge(trackedFiles()), ...missingParts(existsSync)]
  for (const complaint of complaints) console.error(complaint)
  process.exitCode = complaints.length > 0 ? 1 : 0
}
