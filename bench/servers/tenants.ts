/** The workload of P1 inside a running authz: declared through its own route, its people put into its tables. */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { membershipAttributes, resourceAttributes } from '../engines/gatehouse.ts'
import type { Model } from '../workload/model.ts'
import type { Authz } from './authz.ts'
import { idOf, insertOrganizations, memberOf, uuidFor } from './facts.ts'

/** Somebody who may ask, and about whom. */
export type Asker = { readonly token: string; readonly subject: { readonly type: 'user'; readonly id: string } }

/** Declares the application and puts everybody in place; returns who may ask about whom, by holder. */
export async function loadModel(authz: Authz, model: Model): Promise<Asker[]> {
  await declare(authz, model)
  await insertHolders(authz, model)
  return model.holders.map(({ index, org, id }) => ({
    token: authz.personToken(memberOf(index, org)),
    subject: { type: 'user', id },
  }))
}

/** The application with its types, roles and policies, through the service's own route. */
export async function declare(authz: Authz, model: Model): Promise<void> {
  const operator = { userId: idOf('user', 0xffffff) }
  const { sql } = authz
  await sql`insert into users (id, version, status) values (${uuidOf(operator.userId)}, 1, 'active')`
  await sql`insert into assignments (id, scope, principal_type, principal_id, role_id, given_by)
    select uuidv7(), 'platform', 'user', ${uuidOf(operator.userId)}, id, 'system' from roles
      where key = 'platform-admin' and org_id is null and valid_to is null`
  const manifest = {
    name: 'Bench',
    resource_types: model.types.map((key) => ({
      key,
      attributes: resourceAttributes,
      actions: model.actions.map((name) => ({ name })),
    })),
    membership_attributes: membershipAttributes,
    roles: model.roles.map(({ key, permissions }) => ({ key, name: key, permissions })),
    policies: model.policies.map(({ key, condition, type, actions, roles }) => ({
      key,
      effect: condition.effect,
      resource_type: type,
      actions,
      when: condition.gatehouse,
      ...(roles === undefined ? {} : { roles }),
    })),
  }
  const { status, body } = await authz.call('PUT', '/v1/authz/catalog/bench', {
    token: authz.personToken(operator),
    body: manifest,
  })
  if (status !== 200) throw new Error(`the catalog was refused: ${JSON.stringify(body)}`)
}

async function insertHolders({ sql }: Authz, model: Model): Promise<void> {
  const organizations = new Set(model.holders.map(({ org }) => org)).size
  await insertOrganizations(sql, { from: 0, to: organizations })
  const roleIds = new Map(
    (await sql<{ id: string; key: string }[]>`select id, key from roles where valid_to is null and org_id is null`).map(
      ({ id, key }) => [key, id],
    ),
  )
  const users = model.holders.map(({ index }) => ({
    id: uuidFor('user', index),
    version: 1,
    status: 'active',
    email_verified: true,
  }))
  const memberships = model.holders.map(({ index, org, attributes }) => ({
    id: uuidFor('mem', index),
    version: 1,
    org_id: uuidFor('org', org),
    user_id: uuidFor('user', index),
    status: 'active',
    is_owner: false,
    attributes: sql.json({ ...attributes }),
  }))
  const holders = model.holders.map(({ index, org }) => ({
    membership_id: uuidFor('mem', index),
    org_id: uuidFor('org', org),
    user_id: uuidFor('user', index),
    version: 0,
    joined_version: 1,
  }))
  const assignments = model.holders.flatMap(({ index, org, roles }) =>
    roles.map((role, nth) => ({
      id: uuidFor('hold', index * 8 + nth),
      scope: 'organization',
      org_id: uuidFor('org', org),
      principal_type: 'user',
      principal_id: uuidFor('user', index),
      membership_id: uuidFor('mem', index),
      role_id: roleIds.get(role) as string,
      given_by: 'system',
    })),
  )
  await sql`insert into users ${sql(users)}`
  await sql`insert into memberships ${sql(memberships)}`
  await sql`insert into role_holders ${sql(holders)}`
  await sql`insert into assignments ${sql(assignments)}`
}
