/** Applications of the catalog as the wire has them. */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { Application } from '../domain/catalog.ts'

export type ApplicationView = { key: string } & ApplicationManifest
export const applicationView = ({ key, manifest }: Application): ApplicationView => ({ key, ...manifest })
