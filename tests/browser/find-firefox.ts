/**
 * A second browser, which is no Chromium: the Firefox that `GATEHOUSE_FIREFOX` names, one on PATH, else the package of
 * a Debian machine, unpacked without root into the cache of the other server programs. Nothing is skipped.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstLine, readDistribution, unpackPackages } from '@gatehouse/local/servers/apt'
import { listOnPath } from '@gatehouse/local/servers/find-binary'
import { cacheFolder } from '@gatehouse/local/servers/folders'
import { fontsConfig, majorOf, type FoundBrowser } from './find-browser.ts'

/** The first that speaks all of WebDriver BiDi that is spoken here. */
const oldestMajor = 128

/** @throws Error that names what was tried and the remedy */
export async function findFirefox(env: NodeJS.ProcessEnv): Promise<FoundBrowser> {
  const named = env['GATEHOUSE_FIREFOX']
  if (named !== undefined && named !== '') {
    if ((await majorOf(named)) >= oldestMajor) return { program: named, env: {} }
    throw new Error(`GATEHOUSE_FIREFOX names ${named}, which is no Firefox ${oldestMajor} or newer`)
  }
  for (const name of ['firefox', 'firefox-esr'])
    for (const program of listOnPath(name, env['PATH'] ?? ''))
      if ((await majorOf(program)) >= oldestMajor) return { program, env: {} }
  try {
    return await fetchedFirefox(cacheFolder(env))
  } catch (err) {
    throw new Error(
      `There is no second browser for the tests. Tried: GATEHOUSE_FIREFOX, PATH, the package firefox-esr ` +
        `(${firstLine(err)}). Install Firefox ${oldestMajor} or newer, or name one in GATEHOUSE_FIREFOX.`,
      { cause: err },
    )
  }
}

async function fetchedFirefox(cache: string): Promise<FoundBrowser> {
  const distribution = readDistribution()
  // Elsewhere the package of that name is none: Ubuntu's leads to a snap.
  if (distribution?.id !== 'debian') throw new Error('the package is Debian’s')
  const folder = join(cache, `firefox-${distribution.codename}-${process.arch}`)
  const fonts = ['/usr/share/fonts', `${folder}/usr/share/fonts`]
  if (!existsSync(folder))
    await unpackPackages({
      packages: ['firefox-esr', 'fonts-dejavu-core'],
      withDependencies: true,
      into: folder,
      distribution,
      finish: (tree) => {
        writeFileSync(join(tree, 'fonts-of-ours.conf'), fontsConfig(folder, fonts))
        return Promise.resolve()
      },
    })
  const libraries = ['usr/lib', 'lib']
    .map((path) => join(folder, path))
    .flatMap((path) => (existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : []))
    .filter((path) => path.endsWith('-linux-gnu'))
  return {
    program: join(folder, 'usr/lib/firefox-esr/firefox-esr'),
    env: { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: join(folder, 'fonts-of-ours.conf') },
  }
}
