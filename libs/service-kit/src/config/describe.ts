/** What a service can be told, read off its schema: for `--print-config` and the generated reference. Never shows a value that is in use. */
import type { TObject } from 'typebox'

export type SettingDescription = {
  name: string
  type: string
  required: boolean
  secret: boolean
  default?: unknown
  description?: string
}

type Setting = { type?: string; default?: unknown; secret?: unknown; description?: string; anyOf?: { const?: unknown }[] }

export function describeConfig(schema: TObject): SettingDescription[] {
  const required: readonly string[] = schema.required ?? []
  return Object.entries(schema.properties as Record<string, Setting>).map(([name, setting]) => ({
    name,
    type: setting.type ?? setting.anyOf?.map((option) => String(option.const)).join(' | ') ?? 'string',
    required: required.includes(name) && setting.default === undefined,
    secret: setting.secret !== undefined,
    ...(setting.default === undefined ? {} : { default: setting.default }),
    ...(setting.description === undefined ? {} : { description: setting.description }),
  }))
}
