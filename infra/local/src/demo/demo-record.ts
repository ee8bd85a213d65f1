// What the demo consists of, as it is kept between runs and told to scripts in platform.json.

export type DemoUser = { id: string; email: string; password: string; role: string }

/** The demo application (`npm run demo`) as a client of the OpenID provider; `url` is where it listens. */
export type DemoApplication = { client_id: string; client_secret: string; url: string }

export type DemoRecord = {
  organization_id: string
  /** Owner, admin, member, viewer, in this order. */
  users: DemoUser[]
  /** Of a service account of Acme that may ask the decision point about anybody of Acme. */
  api_key: string
  application: DemoApplication
  catalog: { resource_type: string; policies: string[] }
  other: { organization_id: string; users: DemoUser[] }
}
