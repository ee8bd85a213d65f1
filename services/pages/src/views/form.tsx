/** Forms and their fields: plain names, labels that are read, an error beside the field it is about. */
import type { ComponentChild, ComponentChildren } from 'preact'
import type { Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { along } from '../domain/way.ts'
import { textOf } from '../texts/texts.ts'

/** What every view needs to make a form. */
export type Scene = { visit: Visit; deps: Pick<Deps, 'seal'> }

export function Form({
  scene: { visit, deps },
  id,
  to = visit.path,
  children,
}: {
  scene: Scene
  id?: string
  to?: string
  children: ComponentChildren
}): ComponentChild {
  return (
    <form method="post" action={along(to, visit.way)} novalidate id={id}>
      <input type="hidden" name="csrf" value={deps.seal.formToken(visit.browser)} />
      {children}
    </form>
  )
}

type FieldProps = {
  visit: Visit
  name: string
  label: string
  type?: 'text' | 'email' | 'password'
  autocomplete: string
  hint?: string
  /** Digits of a code: a keyboard of numbers, no correction. */
  isCode?: boolean
  /** May be left empty. */
  isOptional?: boolean
  value?: string
}

const typeOf = { text: { type: 'text' }, email: { type: 'email' }, password: { type: 'password' } } as const

export function Field({
  visit,
  name,
  label,
  type = 'text',
  autocomplete,
  hint,
  isCode,
  isOptional = false,
  value,
}: FieldProps): ComponentChild {
  const { note, texts } = visit
  const error = note?.errors?.[name]
  const described = [hint === undefined ? '' : `${name}-hint`, error === undefined ? '' : `${name}-error`]
    .filter((id) => id !== '')
    .join(' ')
  const shown = type === 'password' ? undefined : (note?.values?.[name] ?? value)
  return (
    <p class={error === undefined ? 'field' : 'field wrong'}>
      <label for={name}>{label}</label>
      {hint !== undefined && (
        <span class="hint" id={`${name}-hint`}>
          {hint}
        </span>
      )}
      {error !== undefined && (
        <span class="error" id={`${name}-error`}>
          {textOf(texts, error)}
        </span>
      )}
      <input
        {...typeOf[type]}
        id={name}
        name={name}
        required={!isOptional}
        autocomplete={autocomplete}
        aria-describedby={described === '' ? undefined : described}
        aria-invalid={error === undefined ? undefined : 'true'}
        value={shown}
        spellcheck={false}
        {...(isCode === true && { inputMode: 'numeric' as const, autocapitalize: 'off' as const })}
      />
    </p>
  )
}

/** Where a password is chosen: the rules stand beside the field. */
export function NewPasswordField({ visit, label }: { visit: Visit; label: string }): ComponentChild {
  return (
    <Field
      visit={visit}
      name="password"
      label={label}
      type="password"
      autocomplete="new-password"
      hint={visit.texts.passwordHint}
    />
  )
}

/** A button that says by its name and value what it does; suites find it by its id. */
export function Button({
  id,
  name,
  value,
  kind = 'main',
  children,
}: {
  id: string
  name?: string
  value?: string
  kind?: 'main' | 'plain' | 'danger'
  children: ComponentChildren
}): ComponentChild {
  return (
    <button type="submit" id={id} name={name} value={value} class={kind}>
      {children}
    </button>
  )
}
