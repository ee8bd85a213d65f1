/** The attributes the tests of this folder write conditions about, and conditions about them. */
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import type { AttributeSchema, ConditionSchema } from '@gatehouse/policy/check/schema'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'

const stored = ['stored'] as const
const caller = ['caller'] as const

/** A name every object has by inheritance, as an attribute. */
const inherited: AttributeSchema = { type: 'string', provenance: stored }

export const schema: ConditionSchema = {
  user: { id: { type: 'string', provenance: ['platform'] }, ['constructor' as string]: inherited },
  membership: {
    department: { type: 'string', provenance: stored },
    level: { type: 'number', provenance: stored },
    contractor: { type: 'boolean', provenance: stored },
    regions: { type: 'string_list', provenance: stored },
    roles: { type: 'string_list', provenance: ['platform'] },
  },
  resource: {
    owner: { type: 'string', provenance: caller },
    department: { type: 'string', provenance: caller },
    amount: { type: 'number', provenance: caller },
    locked: { type: 'boolean', provenance: caller },
    tags: { type: 'string_list', provenance: caller },
    due_at: { type: 'timestamp', provenance: caller },
    created_at: { type: 'timestamp', provenance: caller },
    ip: { type: 'string', provenance: caller },
    id: { type: 'string', provenance: ['platform'] },
  },
  organization: { frozen: { type: 'boolean', provenance: stored } },
  request: {
    time: { type: 'timestamp', provenance: ['platform'] },
    auth_time: { type: 'timestamp', provenance: ['platform'] },
    acr: { type: 'string', provenance: ['platform'] },
    ip: { type: 'string', provenance: ['platform'] },
  },
}

/** The condition as it is when it comes out of storage. */
export function conditionOf(source: string): CheckedIr {
  const parsed = parseCondition(source)
  if (!parsed.ok) throw new Error(`${source}: ${parsed.error} at ${parsed.position.offset}`)
  const checked = checkCondition(JSON.parse(JSON.stringify(parsed.ir)) as typeof parsed.ir, schema)
  if (!checked.ok) throw new Error(`${source}: ${checked.problems.map((problem) => problem.error).join('; ')}`)
  return JSON.parse(JSON.stringify(checked.ir)) as CheckedIr
}

/** Whether a generated condition is one that may be stored: some quantifiers over long bodies take too many steps. */
export function isAccepted(source: string): boolean {
  const parsed = parseCondition(source)
  return parsed.ok && checkCondition(parsed.ir, schema).ok
}
