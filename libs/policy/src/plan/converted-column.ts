/**
 * Columns that do not have the type of their attribute, said as data instead of SQL: `d.id` as text, a member of the
 * JSON in `d.data`. A member of another JSON type is no value, as it is in a decision, and raises no error.
 */
import type { AttributeType } from '../ir/condition.ts'

/**
 * Without `path` the column is cast to the type of the attribute. With it, it is a json or jsonb column, and the
 * attribute is the member found by these names. `column` is put into the statement as it is; the names are quoted.
 */
export type ConvertedColumn = { readonly column: string; readonly path?: readonly string[] | undefined }

const sqlTypes: { readonly [T in AttributeType]: string } = {
  string: 'text',
  number: 'float8',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  string_list: 'text[]',
}

/** @throws Error with `code: 'unquotable_name'` when a name of the path has a backslash or a NUL in it */
export function convertedColumn({ column, path }: ConvertedColumn, type: AttributeType): string {
  if (path === undefined) return `((${column})::${sqlTypes[type]})`
  const member = [`(${column})::jsonb`, ...path.map(quoted)].join(' -> ')
  return memberOfType[type](`(${member})`)
}

/** Every setting of the server reads a text without a backslash alike. */
function quoted(name: string): string {
  if (/[\\\0]/.test(name))
    throw Object.assign(new Error('a name in a path has a backslash or a NUL in it'), {
      code: 'unquotable_name' as const,
    })
  return `'${name.replaceAll("'", "''")}'`
}

const textOf = (member: string): string => `(${member} #>> '{}')`

/**
 * RFC 3339, with no more decimals than a timestamptz keeps: it would round the others, where a decision cuts them off.
 */
const instantForm = [
  "'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6}|)",
  "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$'",
].join('')

/** The value where the member is of this kind of JSON, else NULL. */
const ofKind = (member: string, kind: string, value: string): string =>
  `(case jsonb_typeof(${member}) when '${kind}' then ${value} end)`

/** The value where the condition holds, else NULL. */
const where = (condition: string, value: string): string => `case when ${condition} then ${value} end`

/**
 * Nested, because only CASE says what is looked at first, and what comes later may raise an error without it. No
 * subquery has the column and a name of its own in one scope, so the caller's column may be called anything.
 */
const memberOfType: { readonly [T in AttributeType]: (member: string) => string } = {
  string: (member) => ofKind(member, 'string', textOf(member)),
  number: (member) =>
    ofKind(member, 'number', where(`pg_input_is_valid(${textOf(member)}, 'float8')`, `(${member})::float8`)),
  boolean: (member) => ofKind(member, 'boolean', `(${member})::boolean`),
  timestamp: (member) => {
    const text = textOf(member)
    const isValid = where(`pg_input_is_valid(${text}, 'timestamptz')`, `${text}::timestamptz`)
    return ofKind(member, 'string', where(`${text} ~ ${instantForm}`, isValid))
  },
  string_list: (member) => {
    const items = `(select jsonb_array_elements(${member})) as items(item)`
    const isOfTexts = `not exists (select from ${items} where jsonb_typeof(item) <> 'string')`
    return ofKind(member, 'array', where(isOfTexts, `array(select jsonb_array_elements_text(${member}))`))
  },
}
