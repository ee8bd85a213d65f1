/**
 * Runs the never-arrows over the tree and demands a floor on what was seen: a cruiser that cannot read the code
 * reports no violation and exits 0, which must not pass for order.
 */
import { cruise, type ICruiseResult } from 'dependency-cruiser'
// @boundaries-ignore the arrows stand at the root, where the tool and a reader look for them
import config from '../../.dependency-cruiser.mjs'
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config'

/** Fewer modules than this means the tool went blind, not that the product shrank. */
const leastModules = 150

/** Violations as `rule: from -> to`, and how many modules were read. */
export const cruiseTree = async (
  paths: string[],
  baseDir = process.cwd(),
): Promise<{ violations: string[]; modules: number }> => {
  const { options, forbidden } = config
  const tsConfig = extractTsConfig('tsconfig.json')
  const { output } = await cruise(
    paths,
    { ...options, baseDir, ruleSet: { forbidden }, validate: true },
    options.enhancedResolveOptions,
    { tsConfig },
  )
  const result = output as ICruiseResult
  return {
    violations: result.summary.violations.map((found) => `${found.rule.name}: ${found.from} -> ${found.to}`),
    modules: result.modules.filter((module) => !module.source.includes('node_modules')).length,
  }
}

if (process.argv[1] === import.meta.filename) {
  const { violations, modules } = await cruiseTree(['services', 'libs', 'infra/local', 'tests'])
  for (const violation of violations) console.error(violation)
  if (modules < leastModules)
    console.error(`only ${modules} modules were read, expected at least ${leastModules}: the cruiser is blind`)
  console.log(`${modules} modules, ${violations.length} forbidden arrows`)
  process.exitCode = violations.length > 0 || modules < leastModules ? 1 : 0
}
