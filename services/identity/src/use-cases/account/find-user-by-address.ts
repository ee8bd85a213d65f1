/** Finds the person who has proven an address, for a neighbour that decides what its caller may learn of it. */
import type { Deps } from '../../deps.ts'
import { normalizeAddress } from '../../domain/email-address.ts'
import { findUserIdByAddress } from '../../store/emails.ts'

export const findUserByAddress = (
  deps: Pick<Deps, 'system'>,
  { address }: { address: string },
): Promise<string | undefined> => findUserIdByAddress(deps.system, normalizeAddress(address))
