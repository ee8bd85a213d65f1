/** The job behind a security alert. */
import { SendSecurityAlert } from '@gatehouse/contracts/jobs/send-security-alert.v1'
import { defineProcessor, type JobProcessor } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import { sendSecurityAlert } from '../use-cases/send-security-alert.ts'

export const securityAlertProcessor = (deps: Pick<Deps, 'identity' | 'mailer'>): JobProcessor =>
  defineProcessor(SendSecurityAlert, (data, run) =>
    sendSecurityAlert(deps, { mailId: run.id, userId: data.user_id, happenedAt: data.happened_at }),
  )
