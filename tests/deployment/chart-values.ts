/** The chart's values as Helm lays them over each other, and its schema. */
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const chart = fileURLToPath(new URL('../../infra/k8s/gatehouse', import.meta.url))
const wrongFolder = fileURLToPath(new URL('wrong-values', import.meta.url))

export type Values = { [name: string]: unknown }

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const overlay = (below: Values, above: Values): Values => {
  const merged: Values = { ...below }
  for (const [name, value] of Object.entries(above))
    merged[name] = isObject(value) && isObject(below[name]) ? overlay(below[name], value) : value
  return merged
}

export const readValues = (file: string): Values => (parse(readFileSync(file, 'utf8')) ?? {}) as Values

/** values.yaml of the chart with these files over it. */
export const valuesWith = (...files: string[]): Values =>
  [join(chart, 'values.yaml'), ...files].map(readValues).reduce(overlay)

export const schema = (): Values => JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as Values

/** The three ways the chart is meant to be used. */
export const scenarios = ['external', 'quickstart', 'everything'] as const
export const scenarioFile = (name: (typeof scenarios)[number]): string => join(chart, `values-${name}.yaml`)

/**
 * A wrong values file. Its first line says where it is refused and with which words; `helm` where only the templates
 * can see it.
 */
export type WrongValues = { name: string; file: string; at: string; message: string }

export const wrongValues = (): WrongValues[] =>
  readdirSync(wrongFolder).map((name) => {
    const file = join(wrongFolder, name)
    const [, at = '', message = ''] = /^# (\S+): (.*)$/m.exec(readFileSync(file, 'utf8')) ?? []
    return { name: basename(name, '.yaml'), file, at, message }
  })
