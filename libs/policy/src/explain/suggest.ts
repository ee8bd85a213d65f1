/**
 * The smallest single changes that would turn a decision round. Each one is decided with before it is told, so none is
 * a guess. They are found by trying what the policies about this action speak of; that none is found does not prove
 * that there is none.
 */
import { readAttribute, type AttributeValues, type Value } from '../compile/attributes.ts'
import { hasBit, withBit } from '../compile/bitset.ts'
import { createBudget, isSpent, spend, type Budget } from '../compile/budget.ts'
import type { Obligation } from '../compile/decision.ts'
import type { CompiledPolicy, PolicySet, Rules } from '../compile/policy-set.ts'
import { finish, meterOf, type Work } from '../compile/work.ts'
import { decide, type DecisionRequest } from '../decide/decide.ts'
import type { AttributeSource, TypedAttributeRef } from '../ir/condition.ts'
import { candidatesFor, vocabularyOf } from './candidates.ts'
import type { MayKnow } from './explain-node.ts'

/**
 * `value` as the engine takes it (an instant is RFC 3339 text); absent: no value. `membership` is a change of what is
 * known of the member.
 */
export type Suggestion =
  | { readonly kind: 'step_up'; readonly obligation: Obligation; readonly policy: string }
  | { readonly kind: 'role_added' | 'role_removed'; readonly role: string }
  | {
      readonly kind: 'attribute' | 'membership'
      readonly source: AttributeSource
      readonly name: string
      readonly value?: unknown
    }

export type SuggestOptions = {
  /** Attributes the asker may know of; others are not suggested. */
  readonly mayKnow?: MayKnow
  /** Attributes somebody could change; others are not suggested. The time, for one, is not. */
  readonly mayChange?: MayKnow
  /**
   * The request as it would be with the role, or without it; undefined where nobody can bring that about. Without it,
   * the role alone changes: what depends on the roles held, `membership.roles` for one, stays what it is.
   */
  readonly withRole?: (role: string, on: boolean) => DecisionRequest | undefined
  /**
   * The request as it would be with this value of the attribute (`undefined`: with none); undefined where nobody can
   * bring that about.
   */
  readonly withAttribute?: (ref: TypedAttributeRef, value: Value | undefined) => DecisionRequest | undefined
  /**
   * Once it is spent, what was found so far is the answer. Not the budget of a decision: that one would be spent by
   * trying.
   */
  readonly budget?: Budget
}

/** Steps the tries for one question may take together. */
const stepsPerSuggestions = 1_000_000

/** Steps of making a changed request, beside deciding it: here, or by whoever reads the whole question again. */
const stepsPerTry = 20
const stepsPerReading = 500

/** Step-ups first, then roles, then one change per attribute. */
export const suggestChanges = (set: PolicySet, request: DecisionRequest, o: SuggestOptions = {}): Suggestion[] =>
  finish(suggesting(set, request, o))

/** `suggestChanges` in parts: one for each change that is tried. */
export function* suggesting(set: PolicySet, request: DecisionRequest, o: SuggestOptions = {}): Work<Suggestion[]> {
  const rules = set.types.get(request.resourceType)?.get(request.action)
  if (!rules) return []
  const budget = o.budget ?? createBudget(stepsPerSuggestions)
  const meter = meterOf(budget)
  const { allowed } = decide(set, request, budget)
  yield meter()
  const stepsToChange = o.withRole || o.withAttribute ? stepsPerReading : stepsPerTry
  function* flips(change: () => Change): Work<boolean> {
    if (!spend(budget, stepsToChange)) return false
    const changed = change()
    if (!changed) {
      yield meter()
      return false
    }
    const decision = decide(set, { ...request, ...changed }, budget)
    yield meter()
    return !isSpent(budget) && decision.allowed !== allowed
  }
  const trying: Trying = { set, rules, request, allowed, flips, budget, o }
  return [...(yield* stepUps(trying)), ...(yield* roleChanges(trying)), ...(yield* attributeChanges(trying))]
}

/** Undefined: nobody can bring it about. */
type Change = Partial<DecisionRequest> | undefined

type Trying = {
  readonly set: PolicySet
  readonly rules: Rules
  readonly request: DecisionRequest
  readonly allowed: boolean
  readonly flips: (change: () => Change) => Work<boolean>
  readonly budget: Budget
  readonly o: SuggestOptions
}

const policiesOf = (rules: Rules): CompiledPolicy[] => [...rules.denies, ...rules.allows]

function withValue(
  values: AttributeValues,
  { source, name, value }: { source: AttributeSource; name: string; value: unknown },
): AttributeValues {
  const rest = Object.entries(values[source] ?? {}).filter(([key]) => key !== name)
  return { ...values, [source]: Object.fromEntries(value === undefined ? rest : [...rest, [name, value]]) }
}

/** Signing in again as the policy asks: its methods, at the time of the request. */
function* stepUps({ rules, request, allowed, flips, budget }: Trying): Work<Suggestion[]> {
  if (allowed) return []
  const { values } = request
  const time = values.request?.['time']
  const fresh = time === undefined ? values : withValue(values, { source: 'request', name: 'auth_time', value: time })
  const found: Suggestion[] = []
  for (const { obligation, key } of policiesOf(rules)) {
    if (obligation?.type !== 'step_up' || isSpent(budget)) continue
    for (const acr of obligation.acr_values ?? [undefined]) {
      const signedIn = acr === undefined ? fresh : withValue(fresh, { source: 'request', name: 'acr', value: acr })
      if (!(yield* flips(() => ({ values: signedIn })))) continue
      found.push({ kind: 'step_up', obligation, policy: key })
      break
    }
  }
  return found
}

function* roleChanges({ set, request, flips, budget, o }: Trying): Work<Suggestion[]> {
  const found: Suggestion[] = []
  for (const [bit, role] of set.roleKeys.entries()) {
    if (isSpent(budget)) break
    const held = hasBit(request.roles, bit)
    const changed = (): Change =>
      o.withRole ? o.withRole(role, !held) : { roles: withBit(request.roles, { bit, on: !held }) }
    if (yield* flips(changed)) found.push({ kind: held ? 'role_removed' : 'role_added', role })
  }
  return found
}

function* attributeChanges({ rules, request, flips, budget, o }: Trying): Work<Suggestion[]> {
  const { values } = request
  const conditions = policiesOf(rules).flatMap(({ when }) => (when ? [when.root] : []))
  const known = o.mayKnow ? tellable(values, o.mayKnow) : values
  const words = yield* vocabularyOf(conditions, { values: known, budget })
  const found: Suggestion[] = []
  for (const ref of words.attributes.values()) {
    if (!isOffered(ref, o)) continue
    const current = readAttribute(values, ref, budget)
    for (const value of candidatesFor(ref, { words, current, budget })) {
      if (isSpent(budget)) return found
      const changed = (): Change =>
        o.withAttribute ? o.withAttribute(ref, value) : { values: withValue(values, { ...ref, value }) }
      if (!(yield* flips(changed))) continue
      found.push(changeOf(ref, value))
      break
    }
  }
  return found
}

function changeOf(ref: TypedAttributeRef, value: Value | undefined): Suggestion {
  const told = ref.type === 'timestamp' && typeof value === 'number' ? instantText(value) : value
  return {
    kind: ref.source === 'membership' ? 'membership' : 'attribute',
    source: ref.source,
    name: ref.name,
    ...(told === undefined ? {} : { value: told }),
  }
}

/** A present value may be suggested for another attribute, so only those the asker may know are. */
function tellable(values: AttributeValues, mayKnow: MayKnow): AttributeValues {
  const sources = Object.entries(values) as [AttributeSource, { readonly [name: string]: unknown }][]
  return Object.fromEntries(
    sources.map(([source, ofSource]) => [
      source,
      Object.fromEntries(Object.entries(ofSource).filter(([name]) => mayKnow({ source, name }))),
    ]),
  )
}

/** What is said of the present moment is nobody's to change, unless the caller says so. */
const isOffered = (ref: TypedAttributeRef, { mayKnow, mayChange }: SuggestOptions): boolean =>
  (mayKnow?.(ref) ?? true) &&
  (mayChange?.(ref) ?? !(ref.source === 'request' && (ref.name === 'time' || ref.name === 'auth_time')))

const instantText = (epochMs: number): string | number =>
  Math.abs(epochMs) <= 8.64e15 ? new Date(epochMs).toISOString() : epochMs
