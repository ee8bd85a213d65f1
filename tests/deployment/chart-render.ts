/**
 * The chart through Helm, where it is installed: linted, rendered for each way it is meant to be used, every object
 * strictly against Kubernetes' own schemas (`kubernetes-validate`), its policies against the code, and every wrong
 * values file refused in the words its first line says. Run by `npm run check`; what is missing is said.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { arrowsIn, openComponents, type KubernetesObject } from '@gatehouse/deploy/policies'
import { addressesIn } from '@gatehouse/deploy/secrets/apply'
import { foreignSecrets } from './foreign-secrets.ts'
import { arrowsOfCode } from './arrows-of-code.ts'
import { chart, scenarioFile, scenarios, valuesWith, wrongValues } from './chart-values.ts'
import { expectedArrows, type Servers } from './expected-arrows.ts'

const kubernetesVersion = '1.34.0'
/** Kinds that are not Kubernetes' own: `kubernetes-validate` does not know them. */
const custom = ['HTTPRoute', 'ServiceMonitor']

const strictFolder = fileURLToPath(new URL('../../infra/k8s/strict', import.meta.url))

type Ran = { ok: boolean; output: string; stdout: string }

const run = (command: string, args: string[], input?: string, env: Record<string, string> = {}): Ran | undefined => {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    env: { ...process.env, ...env },
    ...(input === undefined ? {} : { input }),
  })
  if (error !== undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  return { ok: status === 0, output: `${stdout}${stderr}`, stdout }
}

const template = (...files: string[]): Ran | undefined => templateAs('gatehouse', ...files)

const templateAs = (release: string, ...files: string[]): Ran | undefined =>
  run('helm', [
    'template',
    release,
    chart,
    '--kube-version',
    kubernetesVersion,
    ...files.flatMap((file) => ['-f', file]),
  ])

/** In words, what is allowed and should not be, and the other way round. */
export const differences = (
  found: { egress: string[]; ingress: string[] },
  expected: { egress: string[]; ingress: string[] },
): string[] =>
  (['egress', 'ingress'] as const).flatMap((direction) => [
    ...found[direction]
      .filter((arrow) => !expected[direction].includes(arrow))
      .map((arrow) => `${direction} ${arrow} is allowed and nothing uses it`),
    ...expected[direction]
      .filter((arrow) => !found[direction].includes(arrow))
      .map((arrow) => `${direction} ${arrow} is used and not allowed`),
  ])

function checkScenario(name: (typeof scenarios)[number]): string[] {
  const file = scenarioFile(name)
  const lint = run('helm', ['lint', '--strict', '--kube-version', kubernetesVersion, chart, '-f', file])
  if (lint?.ok !== true) return [lint?.output ?? 'helm lint did not run']
  const rendered = template(file)
  if (rendered?.ok !== true) return [rendered?.output ?? 'helm template did not run']
  const documents = parseAllDocuments(rendered.stdout).filter((document) => document.contents !== null)
  const objects = documents.map((document) => document.toJS() as KubernetesObject)
  const { servers, network } = valuesWith(file) as {
    servers: Servers
    network: { gatewayFrom: unknown[]; metricsFrom: unknown[] }
  }
  const expected = expectedArrows(arrowsOfCode(), {
    servers,
    isOpen: network.gatewayFrom.length === 0,
    hasMetrics: network.metricsFrom.length > 0,
  })
  return [
    ...differences(arrowsIn(objects), expected),
    ...foreignSecrets(objects),
    ...openComponents(objects).map((component) => `${component} has no policy that closes it`),
    ...strictComplaints(objects),
    ...customComplaints(objects),
  ]
}

/** The servers of a release have the names that the secrets were made with. */
function checkReleases(): string[] {
  return ['gatehouse', 'blue', 'my-gatehouse-2', 'a-release-with-a-name-that-is-far-too-long-x'].flatMap((release) => {
    const rendered = templateAs(release, scenarioFile('quickstart'))
    if (rendered?.ok !== true) return [`${release}: ${rendered?.output ?? 'helm template did not run'}`]
    const names = parseAllDocuments(rendered.stdout)
      .map((document) => document.toJS() as KubernetesObject | null)
      .flatMap((object) => (object?.kind === 'Service' ? [object.metadata.name] : []))
    return Object.values(addressesIn(release))
      .map((address) => address.split(':')[0] ?? '')
      .filter((name) => !names.includes(name))
      .map((name) => `${release}: the secrets name ${name}, and the chart has no such Service`)
  })
}

const skipped = new Set<string>()
const skip = (what: string): void => void skipped.add(what)

/** Unknown keys are errors. */
function strictComplaints(objects: readonly KubernetesObject[]): string[] {
  const own = objects.filter(({ kind }) => !custom.includes(kind))
  const validated = run(
    'kubernetes-validate',
    ['--strict', '--quiet', '--no-warn', '-'],
    own.map((one) => JSON.stringify(one)).join('\n---\n'),
  )
  if (validated === undefined)
    skip('validation of every object: kubernetes-validate is not installed (pip install kubernetes-validate)')
  return validated === undefined || validated.ok ? [] : [validated.output]
}

/**
 * The kinds of operators, strictly against the Go types their projects publish; built from Go's module cache, so
 * nothing is downloaded.
 */
function customComplaints(objects: readonly KubernetesObject[]): string[] {
  const theirs = objects.filter(({ kind }) => custom.includes(kind))
  if (theirs.length === 0) return []
  const strict = run('go', ['run', '-C', strictFolder, '.'], JSON.stringify(theirs), {
    GOPROXY: 'off',
    GOFLAGS: '-mod=readonly',
  })
  const isMissing =
    strict === undefined || /module lookup disabled|GOPROXY=off|toolchain not available/.test(strict.output)
  if (isMissing)
    skip(`validation of ${custom.join(' and ')}: needs Go, and once \`go mod download\` in infra/k8s/strict`)
  return isMissing || strict.ok ? [] : [strict.output]
}

function checkWrongValues(): string[] {
  return wrongValues().flatMap(({ name, file, at, message }) => {
    const rendered = template(scenarioFile('external'), file)
    if (rendered?.ok === true) return [`${name}: was not refused`]
    const words = rendered?.output ?? ''
    const isTold = words.includes(message) && (at === 'helm' || words.includes(`at '${at}'`))
    return isTold ? [] : [`${name}: refused, but not with "${message}" at ${at}:\n${words}`]
  })
}

if (process.argv[1] === import.meta.filename) {
  if (run('helm', ['version']) === undefined)
    console.log('skipped: helm is not installed, so the chart was not linted, rendered or validated')
  else {
    const complaints = [
      ...scenarios.flatMap((name) => checkScenario(name).map((one) => `${name}: ${one}`)),
      ...checkWrongValues(),
      ...checkReleases(),
    ]
    for (const complaint of complaints) console.error(complaint)
    for (const what of skipped) console.log(`skipped: ${what}`)
    console.log(`${scenarios.length} values files rendered, ${wrongValues().length} wrong ones refused`)
    process.exitCode = complaints.length > 0 ? 1 : 0
  }
}
