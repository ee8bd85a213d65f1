/** Exports of people: with the hashes of their passwords, so the audit trail says who took them. */
import Type, { type Static } from 'typebox'
import { Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** An operator began to read everybody. */
export const PeopleExported = {
  type: 'gatehouse.identity.people_export.begun.v1',
  data: Type.Object({ reason: Reason }),
} as const

export type PeopleExported = Static<typeof PeopleExported.data>

export const peopleExportEvents: readonly EventContract[] = [PeopleExported]
