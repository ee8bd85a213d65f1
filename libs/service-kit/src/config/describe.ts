/**
 * What a service can be told, read off its schema: for `--print-config` and the generated reference. Never shows a
 * value that is in use.
 */
import type { TObject } from 'typebox'

export type SettingDescription = {
  name: string
  type: string
  required: boolean
  secret: boolean
  default?: unknown
  description?: string
  /** What may be chosen, of a setting with a fixed choice or of each item of a list. */
  options?: string[]
  minimum?: number
  maximum?: number
  pattern?: string
}

type Choice = { anyOf?: { const?: unknown }[] }
type Setting = Choice & {
  type?: string
  default?: unknown
  /** Stands for a default that depends on the machine. */
  defaultText?: string
  secret?: unknown
  description?: string
  minimum?: number
  maximum?: number
  pattern?: string
  items?: Choice
}

const limits = ['minimum', 'maximum', 'pattern'] as const

export function describeConfig(schema: TObject): SettingDescription[] {
  const required: readonly string[] = schema.required ?? []
  return Object.entries(schema.properties as Record<string, Setting>).map(([name, setting]) => {
    const options = (setting.anyOf ?? setting.items?.anyOf)?.map((option) => String(option.const))
    return {
      name,
      type: setting.type ?? 'string',
      required: required.includes(name) && setting.default === undefined,
      secret: setting.secret !== undefined,
      ...(setting.default === undefined ? {} : { default: setting.defaultText ?? setting.default }),
      ...(setting.description === undefined ? {} : { description: setting.description }),
      ...(options === undefined ? {} : { options }),
      ...Object.fromEntries(limits.flatMap((limit) => (setting[limit] === undefined ? [] : [[limit, setting[limit]]]))),
    }
  })
}
