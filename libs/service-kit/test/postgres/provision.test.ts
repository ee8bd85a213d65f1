/**
 * Provisioning as the administrator a managed PostgreSQL gives: one that makes roles and databases and is no superuser.
 */
import { randomBytes } from 'node:crypto'
import { adminUrl } from '@gatehouse/test-kit/database'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { provisionDatabase, roleUrl, rolesOf } from '../../src/postgres/provision.ts'

const password = () => randomBytes(12).toString('hex')

/** A database administrator of its own, with service roles nobody else has: roles belong to the whole server. */
async function managed(t: Test) {
  const suffix = randomBytes(4).toString('hex')
  const [admin, database] = [`managed_${suffix}`, `managed_db_${suffix}`]
  const services = [`one_${suffix}`, `two_${suffix}`]
  const roles = services.flatMap((service) => Object.values(rolesOf(service)))
  const secret = password()
  const superuser = postgres(adminUrl(), { max: 1, onnotice: () => {} })
  await superuser.unsafe(`create role "${admin}" login createdb createrole password '${secret}'`)
  t.teardown(async () => {
    await superuser.unsafe(`drop database if exists "${database}" with (force)`)
    for (const role of roles) await superuser.unsafe(`drop role if exists "${role}"`)
    await superuser.unsafe(`drop role "${admin}"`)
    await superuser.end()
  })
  const url = roleUrl({ adminUrl: adminUrl(), database: 'postgres', role: admin, password: secret })
  return { url, database, services, roles, superuser }
}

const passwordsOf = (roles: readonly string[]) => Object.fromEntries(roles.map((role) => [role, password()]))

t.test('an administrator with CREATEDB and CREATEROLE provisions, and may do it again', async (t) => {
  const { url, database, services, roles } = await managed(t)
  const provision = (passwords: Record<string, string>) =>
    provisionDatabase({ adminUrl: url, database, services, passwords })
  await provision(passwordsOf(roles))
  const passwords = passwordsOf(roles)
  await provision(passwords)
  for (const service of services) {
    const { owner, runtime } = rolesOf(service)
    const asOwner = postgres(roleUrl({ adminUrl: url, database, role: owner, password: passwords[owner] ?? '' }), {
      max: 1,
    })
    await asOwner`create table things (id int)`
    await asOwner`grant select on things to ${asOwner(runtime)}`
    await asOwner.end()
    const asRuntime = postgres(
      roleUrl({ adminUrl: url, database, role: runtime, password: passwords[runtime] ?? '' }),
      { max: 1 },
    )
    t.same([...(await asRuntime`select * from things`)], [], `${runtime} reads what ${owner} made`)
    await t.rejects(asRuntime`create table more (id int)`, { code: '42501' })
    await asRuntime.end()
  }
})

t.test(
  'a role that may bypass row-level security is refused to an administrator who cannot take that away',
  async (t) => {
    const { url, database, services, roles, superuser } = await managed(t)
    const provision = () => provisionDatabase({ adminUrl: url, database, services, passwords: passwordsOf(roles) })
    await provision()
    await superuser.unsafe(`alter role "${roles[1]}" bypassrls`)
    await t.rejects(provision(), { code: '42501' })
    await provisionDatabase({ adminUrl: adminUrl(), database, services, passwords: passwordsOf(roles) })
    const [role] = await superuser`select rolbypassrls from pg_roles where rolname = ${roles[1] ?? ''}`
    t.equal(role?.['rolbypassrls'], false, 'a superuser takes it away')
  },
)
