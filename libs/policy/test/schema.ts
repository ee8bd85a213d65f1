/** The attributes the tests of this folder write conditions about. */
import type { AttributeSchema, ConditionSchema } from '@gatehouse/policy/check/schema'

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
  },
  resource: {
    owner: { type: 'string', provenance: caller },
    department: { type: 'string', provenance: caller },
    amount: { type: 'number', provenance: caller },
    locked: { type: 'boolean', provenance: caller },
    tags: { type: 'string_list', provenance: caller },
    due_at: { type: 'timestamp', provenance: caller },
  },
  request: { time: { type: 'timestamp', provenance: ['platform'] } },
}
