/**
 * Step `select_organization`, the last one: a person who belongs to several organizations says which one the session is
 * for. Whether they may is judged by tokens, as for one that was named at the beginning.
 */
import type { OfferedOrganization } from '@gatehouse/contracts/http/identity/sign-in'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import type { Step } from '../../domain/sign-in/steps.ts'
import { setChosenOrganization, type OpenSignIn } from '../../store/sign-in-transactions.ts'

/**
 * The steps that are left, with what there is to choose from. Whoever belongs to fewer than two organizations is not
 * asked. @throws AppError `upstream_failed`
 */
export async function offerOrganizations(
  { clients: { orgs } }: Pick<Deps, 'clients'>,
  { userId, next }: { userId: string; next: Step[] },
): Promise<{ next: Step[]; organizations?: OfferedOrganization[] }> {
  if (!next.includes('select_organization')) return { next }
  const organizations = await orgs.organizationsOf(userId)
  return organizations.length > 1 ? { next, organizations } : { next: [] }
}

/** The sign-in as it goes on: unchanged where nothing was chosen yet. */
export async function selectOrganization(
  tx: Tx,
  { signIn, organizationId }: { signIn: OpenSignIn; organizationId: string | undefined },
): Promise<OpenSignIn> {
  if (organizationId === undefined) return signIn
  await setChosenOrganization(tx, { id: signIn.id, organizationId })
  return { ...signIn, organization: { kind: 'choose', organizationId } }
}
