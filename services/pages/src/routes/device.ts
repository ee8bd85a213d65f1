/**
 * A device without a browser is signed in: its code is entered or followed, what asks is shown, and the person decides
 * (RFC 8628 §3.3).
 */
import { ListMyOrganizations } from '@gatehouse/contracts/http/orgs/organizations'
import { DevicePage } from '@gatehouse/contracts/http/pages'
import {
  FindDeviceAuthorization,
  SettleDeviceAuthorization,
  ShowDeviceAuthorization,
  type DeviceAuthorization,
} from '@gatehouse/contracts/http/tokens/device-authorizations'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { requireActingToken, requireToken, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import { again, done, redirect, type PageAnswer, type RedirectAnswer } from '../serve/answer.ts'
import type { BindPage } from '../serve/bind-page.ts'
import { deviceCodePage, deviceDecisionPage } from '../views/device.tsx'
import { fieldsOf } from './form-fields.ts'

/** The longest that `FindDeviceAuthorization` takes. */
const longestCode = 100
const nothing = { device: undefined, userCode: undefined } as const

export function deviceRoutes(page: BindPage, deps: Deps): void {
  page(DevicePage, {
    get: (visit) => show(deps, visit),
    post: (visit) => (visit.form.has('decision') ? decide(deps, visit) : find(deps, visit)),
  })
}

/**
 * A code that was followed (§3.3.1) leaves the address, and is only filled in: a stranger may have sent the link
 * (§5.4).
 */
async function show(deps: Deps, visit: Visit): Promise<PageAnswer> {
  const followed = visit.query.get('user_code')
  if (followed !== undefined)
    return redirect(DevicePage.path, { device: undefined, userCode: followed.slice(0, longestCode) })
  const user = await requireToken(deps, visit)
  const { device, userCode } = visit.flow
  const asked = device === undefined ? undefined : await requestOf(deps, { device, user })
  if (asked === undefined) return deviceCodePage({ visit, deps }, userCode)
  return deviceDecisionPage({ visit, deps }, { asked, choices: await choicesOf(deps, asked, user) })
}

type User = { accessToken: string }

/** Undefined once it is over or decided. */
async function requestOf(
  { tokens }: Deps,
  { device, user }: { device: string; user: User },
): Promise<DeviceAuthorization | undefined> {
  try {
    const params = { device_authorization: device }
    return await tokens.call(ShowDeviceAuthorization, { params, user, timeoutMs: 4000 })
  } catch (err) {
    if (isAppError(err, 'not_found')) return undefined
    throw err
  }
}

async function choicesOf({ orgs }: Deps, { needs, organizations }: DeviceAuthorization, user: User) {
  if (!needs.includes('select_organization')) return []
  const { data } = await orgs.call(ListMyOrganizations, { query: { limit: 100 }, user, timeoutMs: 4000 })
  const names = new Map(data.map(({ id, name }) => [id, name]))
  return organizations.map((id) => ({ id, name: names.get(id) ?? id }))
}

async function find(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const user = await requireToken(deps, visit)
  const fields = fieldsOf(visit, 'user_code')
  if (!fields.ok) return fields.answer
  const body = { user_code: fields.values.user_code.slice(0, longestCode) }
  try {
    const { id } = await deps.tokens.call(FindDeviceAuthorization, { body, user, timeoutMs: 4000 })
    return redirect(DevicePage.path, { device: id, userCode: undefined })
  } catch (err) {
    if (!isAppError(err, 'not_found')) throw err
    return again(visit, { user_code: 'unknownUserCode' }, body)
  }
}

async function decide(deps: Deps, visit: Visit): Promise<RedirectAnswer> {
  const isApproved = visit.form.get('decision') === 'approved'
  const organization = isApproved ? visit.form.get('organization') : undefined
  const user = await (isApproved ? requireActingToken(deps, visit, organization) : requireToken(deps, visit))
  await deps.tokens.call(SettleDeviceAuthorization, {
    params: { device_authorization: visit.flow.device ?? 'none' },
    body: {
      decision: isApproved ? 'approved' : 'denied',
      ...(organization !== undefined && { organization_id: organization }),
    },
    user,
    timeoutMs: 4000,
  })
  return done(DevicePage.path, isApproved ? 'doneDevice' : 'doneDeviceDenied', nothing)
}
