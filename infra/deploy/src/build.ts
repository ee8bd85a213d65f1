/**
 * `npm run build`: every service bundled to `dist/<service>`, to be run in this workspace. With `--out <folder> --copy`
 * and the names of services: complete folders that run anywhere, as the image holds them.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { bundleService } from './bundle.ts'
import { copyModules, linkModules } from './modules.ts'
import { SERVICES } from './services.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: 'string', default: '.' },
    out: { type: 'string', default: 'dist' },
    copy: { type: 'boolean', default: false },
  },
})

const unknown = positionals.filter((name) => !SERVICES.some((one) => one === name))
if (unknown.length > 0) throw new Error(`no such service: ${unknown.join(', ')}`)

const root = resolve(values.root)
const wanted = positionals.length > 0 ? (positionals as ServiceName[]) : SERVICES
await Promise.all(
  wanted.map(async (service) => {
    const bundle = await bundleService({ root, service, out: resolve(join(values.out, service)) })
    if (values.copy) copyModules(bundle)
    else linkModules(bundle)
  }),
)
console.log(`built ${wanted.join(', ')} in ${values.out}`)
