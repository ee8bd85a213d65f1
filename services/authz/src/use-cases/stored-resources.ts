/** What the entity directory knows of resources. */
import type { OrgCaller } from '@gatehouse/service-kit/http/caller'
import type { Properties } from '../domain/attributes.ts'
import type { DecidingDeps } from './decide-for-caller.ts'
import type { Candidates } from './search-pages.ts'

export type StoredResource = { readonly id: string; readonly attributes: Properties }

export const candidateResources = (_deps: DecidingDeps, _caller: OrgCaller, _sought: { type: string; at: Date | undefined }): Candidates<StoredResource>[] => []
