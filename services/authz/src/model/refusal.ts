/** What a transaction that changes the model can come to other than success; thrown outside of it. */
import { problem, type AppError } from '@gatehouse/service-kit/errors/app-error'
import type { DefinitionError } from '../domain/role-definition.ts'

export type Refusal =
  | { readonly kind: 'not_found' | 'taken' | 'changed' | 'platform_role' }
  | { readonly kind: 'invalid'; readonly errors: readonly DefinitionError[] }
  | { readonly kind: 'invalid_policy'; readonly errors: readonly DefinitionError[] }
  /** The draft was made from `base`, which is not what is in force. */
  | { readonly kind: 'draft_outdated'; readonly base: number; readonly inForce: number }
  | { readonly kind: 'conflicting'; readonly errors: readonly DefinitionError[] }
  /** The change takes a permission that the caller does not hold. */
  | { readonly kind: 'not_permitted'; readonly permission: string }
  /** Permissions the caller would hand on, take or free without holding them, or for longer than they hold them. */
  | { readonly kind: 'not_held'; readonly permissions: readonly string[] }

export const notDelegable = (permissions: readonly string[]): Refusal => ({ kind: 'not_held', permissions })

export function problemOf(refusal: Refusal): AppError {
  switch (refusal.kind) {
    case 'not_found':
      return problem('not_found')
    case 'taken':
      return problem('conflict', { detail: 'This key is taken.' })
    case 'changed':
      return problem('precondition_failed')
    case 'platform_role':
      return problem('forbidden', { detail: 'Roles of the platform are not an organization’s to change.' })
    case 'invalid':
      return problem('validation_failed', { errors: [...refusal.errors] })
    case 'invalid_policy':
      return problem('invalid_policy', { errors: [...refusal.errors] })
    case 'draft_outdated':
      return problem('draft_outdated', {
        detail: `Version ${refusal.inForce} is in force, and this was made from version ${refusal.base}.`,
        errors: [{ path: '/base_version', message: `version ${refusal.inForce} is in force` }],
      })
    case 'conflicting':
      return problem('conflict', { errors: [...refusal.errors] })
    case 'not_permitted':
      return problem('forbidden', { detail: `This takes the permission ${refusal.permission}.` })
    case 'not_held':
      return problem('forbidden', {
        detail:
          `Nobody hands on what they do not hold, or for longer than they hold it: ` +
          `${refusal.permissions.slice(0, 10).join(', ')}.`,
      })
  }
}

/** @throws AppError unless the outcome is a `done` */
export function valueOf<T>(outcome: { readonly kind: 'done'; readonly value: T } | Refusal): T {
  if (outcome.kind !== 'done') throw problemOf(outcome)
  return outcome.value
}

export type Outcome<T> = { readonly kind: 'done'; readonly value: T } | Refusal
export const done = <T>(value: T): Outcome<T> => ({ kind: 'done', value })
