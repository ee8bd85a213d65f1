/** What a form has to bring. */
import type { Visit } from '../browser/visit.ts'
import { again, type RedirectAnswer } from '../serve/answer.ts'

type Fields<Name extends string> = { ok: true; values: Record<Name, string> } | { ok: false; answer: RedirectAnswer }

/** The values of all fields named, or the form again with what is missing. */
export function fieldsOf<const Name extends string>(visit: Visit, ...names: Name[]): Fields<Name> {
  const missing = names.filter((name) => !visit.form.has(name))
  if (missing.length > 0) {
    const shown = ['email', 'name'].flatMap((name) =>
      visit.form.has(name) ? [[name, visit.form.get(name) ?? '']] : [],
    )
    return {
      ok: false,
      answer: again(visit, Object.fromEntries(missing.map((name) => [name, 'required'])), Object.fromEntries(shown)),
    }
  }
  return {
    ok: true,
    values: Object.fromEntries(names.map((name) => [name, visit.form.get(name)])) as Record<Name, string>,
  }
}

/** Names of the boxes that are set and begin with this: one that is not set is not sent. */
export const boxesOf = ({ form }: Visit, prefix: string): string[] =>
  [...form.keys()].flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))

export const rolesOf = (visit: Visit): string[] => boxesOf(visit, 'role.')
