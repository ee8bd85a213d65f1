/** Every route of identity, by resource: what is not in this list is not served. */
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { accountRoutes } from './account.ts'
import { addressRoutes } from './addresses.ts'
import { factorsRoutes } from './factors.ts'
import { importRoutes } from './imports.ts'
import { neighbourRoutes } from './internal.ts'
import { myDataRoutes } from './my-data.ts'
import { operatorRoutes } from './operators.ts'
import { passkeysRoutes } from './passkeys.ts'
import { passwordRoutes } from './passwords.ts'
import { rememberedDeviceRoutes } from './remembered-devices.ts'
import { signInRoutes } from './sign-in.ts'

type Routes = (app: FastifyInstance, deps: Deps) => void

/** Through the gateway. */
export const publicRoutes: readonly Routes[] = [
  accountRoutes,
  myDataRoutes,
  addressRoutes,
  passwordRoutes,
  signInRoutes,
  factorsRoutes,
  passkeysRoutes,
  rememberedDeviceRoutes,
  operatorRoutes,
  importRoutes,
]

/** For other services only. */
export const internalRoutes: readonly Routes[] = [neighbourRoutes]
