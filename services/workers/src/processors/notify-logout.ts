/** The job behind every back-channel logout. */
import { NotifyLogout } from '@gatehouse/contracts/jobs/notify-logout.v1'
import { defineProcessor, type JobProcessor } from '@gatehouse/service-kit/jobs/processor'
import { notifyLogout, type NotifyDeps } from '../use-cases/logout/notify-logout.ts'

export const logoutProcessor = (deps: NotifyDeps): JobProcessor =>
  defineProcessor(NotifyLogout, ({ session }, { signal }) => notifyLogout(deps, { sessionId: session, signal }))
