// Fetches Debian packages without root and without touching the system: apt reads the machine's own sources but keeps
// its lists and archives in a private folder, and `dpkg -x` only unpacks. Signatures are checked by apt as always.
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What /etc/os-release says, as far as the choice of packages depends on it. */
export type Distribution = { id: string; codename: string; version: number }

export function readDistribution(file = '/etc/os-release'): Distribution | undefined {
  if (!existsSync(file) || !existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) return undefined
  const fields = new Map<string, string>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, key, value] = /^([A-Z_]+)="?([^"]*)"?$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) fields.set(key, value)
  }
  const id = fields.get('ID') ?? ''
  const codename = fields.get('VERSION_CODENAME') ?? ''
  return codename === '' ? undefined : { id, codename, version: Number.parseInt(fields.get('VERSION_ID') ?? '0', 10) }
}

/**
 * The machine's own package sources with one release's name replaced by another's; sources that do not follow the
 * release (vendors' repositories) are dropped. Understands both formats of sources.list(5).
 */
export function changeSuite(source: { name: string; text: string }, from: string, to: string): string {
  const follows = (suite: string) => suite === from || suite.startsWith(`${from}-`) || suite.startsWith(`${from}/`)
  const change = (suite: string) => to + suite.slice(from.length)
  if (source.name.endsWith('.sources')) {
    const stanzas = source.text
      .split(/\n\s*\n/)
      .filter((stanza) => (/^Suites:(.*)$/m.exec(stanza)?.[1] ?? '').trim().split(/\s+/).some(follows))
    return stanzas
      .map((stanza) =>
        stanza.replace(
          /^(Suites:\s*)(.*)$/m,
          (_all, label: string, suites: string) =>
            label + suites.trim().split(/\s+/).filter(follows).map(change).join(' '),
        ),
      )
      .join('\n\n')
  }
  const line = /^(deb\s+(?:\[[^\]]*\]\s+)?\S+\s+)(\S+)(\s.*)?$/
  return source.text
    .split('\n')
    .map((text) => line.exec(text.trim()))
    .filter((match): match is RegExpExecArray => match !== null && follows(match[2] ?? ''))
    .map((match) => `${match[1]}${change(match[2] ?? '')}${match[3] ?? ''}`)
    .join('\n')
}

/**
 * Downloads packages and unpacks them into one folder, all or nothing: the folder appears complete or not at all, so a
 * second process or an interrupted run does no harm.
 *
 * @param suite another release to take the packages from, when the machine's own is too old
 * @param withDependencies whether what the machine lacks besides is unpacked as well, as apt would install it
 * @param finish runs on the unpacked tree before it appears under its name
 */
export async function unpackPackages(o: {
  packages: string[]
  into: string
  distribution: Distribution
  suite?: string | undefined
  withDependencies?: boolean
  finish?: (tree: string) => Promise<void>
}): Promise<void> {
  mkdirSync(dirname(o.into), { recursive: true })
  const scratch = mkdtempSync(join(dirname(o.into), `.${basename(o.into)}-`))
  try {
    const options = prepareApt(scratch, o.distribution, o.suite)
    // A vendor's source that cannot be reached must not keep us from the packages of the distribution itself.
    const update = await run('apt-get', [...options, 'update'], { cwd: scratch }).catch(
      (error: unknown) => error as Error,
    )
    const wanted = o.withDependencies === true ? await withDependencies(options, o.packages) : o.packages
    await run('apt-get', [...options, 'download', ...wanted], { cwd: scratch }).catch((error: unknown) => {
      throw update instanceof Error ? update : error
    })
    const tree = join(scratch, 'tree')
    mkdirSync(tree)
    for (const file of readdirSync(scratch).filter((name) => name.endsWith('.deb')))
      await run('dpkg', ['-x', join(scratch, file), tree])
    await o.finish?.(tree)
    if (!existsSync(o.into)) renameSync(tree, o.into)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** The packages and those they need that are not installed: what apt would fetch to install them. */
async function withDependencies(options: string[], packages: string[]): Promise<string[]> {
  const args = [...options, '--print-uris', '-y', '--no-install-recommends', 'install', ...packages]
  const { stdout } = await run('apt-get', args)
  const fetched = [...stdout.matchAll(/^'[^']+' ([^_\s]+)_\S+\.deb /gm)].map(([, name = '']) => name)
  return [...new Set([...packages, ...fetched])]
}

function prepareApt(scratch: string, distribution: Distribution, suite: string | undefined): string[] {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'sources'])
    mkdirSync(join(scratch, folder), { recursive: true })
  const settings = [
    `Dir::State "${join(scratch, 'state')}";`,
    'Dir::State::status "/var/lib/dpkg/status";',
    `Dir::Cache "${join(scratch, 'cache')}";`,
    'Acquire::Languages "none";',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
    'Acquire::Retries "3";',
    'APT::Update::Error-Mode "any";',
    'APT::Sandbox::User "";',
    // The system's hooks clean the system's cache and refresh its catalogs: not our business.
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
  ]
  if (suite !== undefined) {
    copySources(join(scratch, 'sources'), distribution.codename, suite)
    settings.push('Dir::Etc::sourcelist "/dev/null";', `Dir::Etc::sourceparts "${join(scratch, 'sources')}";`)
  }
  writeFileSync(join(scratch, 'apt.conf'), settings.join('\n') + '\n')
  return ['-c', join(scratch, 'apt.conf'), '-q']
}

function copySources(into: string, from: string, to: string): void {
  const parts = '/etc/apt/sources.list.d'
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
  ]
  for (const file of files.filter((name) => /\.(list|sources)$/.test(name) && existsSync(name))) {
    const changed = changeSuite({ name: file, text: readFileSync(file, 'utf8') }, from, to)
    if (changed !== '') writeFileSync(join(into, basename(file)), changed + '\n')
  }
  // Keys that lie beside the sources are named by absolute path in them and need no copy.
}

/** The line of a failed command's output that says why. */
export function firstLine(error: unknown): string {
  const output = (error as { stderr?: string }).stderr ?? ''
  const text = output !== '' ? output : error instanceof Error ? error.message : String(error)
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.find((line) => line.startsWith('E:')) ?? lines[0] ?? 'no reason given'
}
