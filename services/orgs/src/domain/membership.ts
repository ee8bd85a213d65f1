/**
 * What may happen to a membership. Pure: the caller reads everything under the lock on the organization,
 * so an organization never loses its last owner and ownership changes by an owner's hand only.
 */
import type { MembershipAttributes } from '@gatehouse/contracts/events/orgs/membership'

/** An active membership as far as decisions need it. */
export type Standing = { userId: string; isOwner: boolean; attributes: MembershipAttributes }

/** What a request wants to change; an absent field stays as it is. */
export type MemberChange = { attributes?: MembershipAttributes; isOwner?: boolean }

export type UpdateDecision =
  | { kind: 'not_found' }
  | { kind: 'not_an_owner' }
  | { kind: 'protected_attributes'; names: string[] }
  | { kind: 'last_owner' }
  | { kind: 'suspended' }
  | { kind: 'unchanged' }
  | { kind: 'changed'; changed: ('attributes' | 'is_owner')[]; attributes: MembershipAttributes; isOwner: boolean }

export type RemovalDecision =
  { kind: 'not_found' } | { kind: 'not_an_owner' } | { kind: 'last_owner' } | { kind: 'removed' }

/** May `actor` change `target` this way? Naming `isOwner` at all needs an owner, even when nothing would change. */
export function decideUpdate(o: {
  actor: Standing | undefined
  /** Somebody who is suspended changes once they are back. */
  target: (Standing & { status?: string }) | undefined
  change: MemberChange
  /** Names of attributes that policies read and `actor` may not write. */
  protectedAttributes?: readonly string[] | undefined
  ownerCount: number
}): UpdateDecision {
  const { actor, target, change } = o
  if (!target) return { kind: 'not_found' }
  if (change.isOwner !== undefined && !actor?.isOwner) return { kind: 'not_an_owner' }
  if (target.status === 'suspended') return { kind: 'suspended' }
  const isOwner = change.isOwner ?? target.isOwner
  if (target.isOwner && !isOwner && o.ownerCount <= 1) return { kind: 'last_owner' }
  const attributes = change.attributes ?? target.attributes
  const names = (o.protectedAttributes ?? []).filter((name) => !isSameValue(attributes[name], target.attributes[name]))
  if (names.length > 0) return { kind: 'protected_attributes', names }
  const changed: ('attributes' | 'is_owner')[] = []
  if (!isSameAttributes(attributes, target.attributes)) changed.push('attributes')
  if (isOwner !== target.isOwner) changed.push('is_owner')
  return changed.length === 0 ? { kind: 'unchanged' } : { kind: 'changed', changed, attributes, isOwner }
}

/**
 * May `target` be removed by `actor`? A service account is no member, so there it is undefined. Removing an owner takes
 * ownership away.
 */
export function decideRemoval(o: {
  actor: Standing | undefined
  target: Standing | undefined
  ownerCount: number
}): RemovalDecision {
  const { actor, target } = o
  if (!target) return { kind: 'not_found' }
  if (!target.isOwner) return { kind: 'removed' }
  if (target.userId !== actor?.userId && !actor?.isOwner) return { kind: 'not_an_owner' }
  return o.ownerCount <= 1 ? { kind: 'last_owner' } : { kind: 'removed' }
}

export type SuspensionDecision = 'settle' | 'unchanged' | 'not_found' | 'oneself' | 'an_owner'

/**
 * May a member be suspended, or let in again? An owner gives the ownership up first, so no organization is left without
 * one.
 */
export function decideSuspension(o: {
  /** Undefined for a service account. */
  by: string | undefined
  target: { userId: string; isOwner: boolean; status: 'active' | 'suspended' } | undefined
  status: 'active' | 'suspended'
}): SuspensionDecision {
  const { target, status } = o
  if (!target) return 'not_found'
  if (status === 'suspended' && target.userId === o.by) return 'oneself'
  if (status === 'suspended' && target.isOwner) return 'an_owner'
  return target.status === status ? 'unchanged' : 'settle'
}

export type TransferDecision = 'transferred' | 'not_an_owner' | 'not_found' | 'oneself'

/** May `from` make `to` an owner in their own place? Who does not own it learns nothing about `to`. */
export function decideTransfer(o: { from: Standing | undefined; to: Standing | undefined }): TransferDecision {
  if (!o.from?.isOwner) return 'not_an_owner'
  if (!o.to) return 'not_found'
  return o.to.userId === o.from.userId ? 'oneself' : 'transferred'
}

/** Whether two attribute sets say the same; the order of names does not count, the order within a list does. */
export function isSameAttributes(one: MembershipAttributes, other: MembershipAttributes): boolean {
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameValue(one[name], other[name]))
  )
}

const isSameValue = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
