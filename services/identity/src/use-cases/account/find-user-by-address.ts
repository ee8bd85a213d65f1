/** Finds the person who has proven an address, for a neighbour that decides what its caller may learn of it. */
import type { Deps } from '../../deps.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import { findUserIdByAddress } from '../../store/emails.ts'

export const findUserByAddress = async (
  deps: Pick<Deps, 'system'>,
  { address }: { address: string },
): Promise<string | undefined> => findUserIdByAddress(deps.system, normalizedAddressOf(address))
