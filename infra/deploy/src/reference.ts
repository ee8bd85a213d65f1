/** docs/reference/config.md: every setting of every service, from its `--print-config`. */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { SettingDescription } from '@gatehouse/service-kit/config/describe'
import { migrationSettings, type Setting } from './settings.ts'

const heading = `# Configuration

Every setting is an environment variable; \`<NAME>_FILE\` names a file with the value instead. A service that finds
something wrong lists all of it and exits with 78. \`--print-config\` of each program prints the same as JSON. Where
a setting is written down when deployed: secrets in the service's Secret (Compose: a file per secret), the rest in
the chart's \`services.<service>.config\` (Compose: \`environment\`).
`

const shown = (value: unknown): string =>
  Array.isArray(value)
    ? value.length === 0
      ? ''
      : `\`${value.join(',')}\``
    : value === undefined
      ? ''
      : `\`${String(value)}\``

function valuesOf({ type, options, minimum, maximum, pattern }: SettingDescription): string {
  const chosen = options?.map((option) => `\`${option}\``).join(' ')
  if (type === 'array') return chosen === undefined ? 'list, comma separated' : `list of ${chosen}`
  if (chosen !== undefined) return chosen
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`
  return pattern === undefined ? type : `\`${pattern.replaceAll('|', '\\|')}\``
}

function table(settings: readonly SettingDescription[]): string {
  const rows = settings.map((setting) => {
    const need = setting.required ? '**required**' : shown(setting.default)
    return (
      `| \`${setting.name}\`${setting.secret ? ' 🔑' : ''} | ${need} | ${valuesOf(setting)} | ` +
      `${setting.description ?? ''} |`
    )
  })
  return `| Setting (🔑 secret) | Default | Values | Meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

export function configPage(settings: Record<ServiceName, Setting[]>): string {
  const everywhere = settings.gateway.filter(({ name }) =>
    Object.values(settings).every((own) => own.some((one) => one.name === name)),
  )
  const own = Object.entries(settings).map(
    ([service, list]) =>
      `## ${service}\n\n${table(list.filter(({ name }) => !everywhere.some((one) => one.name === name)))}`,
  )
  return (
    `${heading}\n## Every service\n\n${table(everywhere)}\n${own.join('\n')}\n## Migrations ` +
    `(\`migrate.mjs\`)\n\n${table(migrationSettings())}`
  )
}
