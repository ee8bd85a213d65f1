// The mailbox of a local platform as a process of its own: MAILBOX_SMTP_PORT, MAILBOX_HTTP_PORT, MAILBOX_FOLDER.
import { startMailbox } from '@gatehouse/test-kit/mailbox/mailbox'

const { env } = process
const mailbox = await startMailbox({
  smtpPort: Number(env['MAILBOX_SMTP_PORT']),
  httpPort: Number(env['MAILBOX_HTTP_PORT']),
  folder: env['MAILBOX_FOLDER'] ?? '',
})
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void mailbox.close().then(() => process.exit(0)))
