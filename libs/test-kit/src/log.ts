/** Logs nobody reads; `GATEHOUSE_TEST_LOG=debug` shows them while a test is being written. */
import { createLogger, type Logger, type LogLevel } from '@gatehouse/service-kit/logging/logger'

const level = (process.env['GATEHOUSE_TEST_LOG'] ?? 'silent') as LogLevel

export const quietLog: Logger = createLogger({
  name: 'test',
  level,
  destination: { write: (line) => void process.stderr.write(line) },
})
