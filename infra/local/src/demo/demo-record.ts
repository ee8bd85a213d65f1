// What the demo consists of, as it is kept between runs and told to scripts in platform.json.

export type DemoUser = { id: string; email: string; password: string; role: string }

export type DemoRecord = {
  organization_id: string
  /** Owner, admin, member, viewer, in this order. */
  users: DemoUser[]
  /** Null until service accounts exist. */
  api_key: string | null
  catalog: { resource_type: string; policies: string[] }
  other: { organization_id: string; users: DemoUser[] }
}
