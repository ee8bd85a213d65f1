/**
 * JSON log lines (pino). Every line of a request, event or job carries its ids from the ambient context; every line
 * passes the redaction list.
 */
import pino from 'pino'
import { currentContext } from '../context/request-context.ts'
import { redact, redactText } from './redaction.ts'

export type Logger = pino.Logger

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** `destination` is for tests; lines go to standard output otherwise. */
export function createLogger(options: {
  name: string
  level?: LogLevel
  destination?: { write(line: string): void }
}): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level ?? 'info',
    base: { service: options.name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    errorKey: 'err',
    // Errors are written by `formatters.log` below, so that they pass the list too.
    serializers: { err: (value: unknown) => value },
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => redact(fields),
    },
    mixin: contextFields,
    hooks: {
      logMethod(args, method) {
        const safe = args.map((arg) => (typeof arg === 'string' ? redactText(arg) : arg)) as typeof args
        method.apply(this, safe)
      },
    },
  }
  return options.destination === undefined
    ? pino(settings, pino.destination({ dest: 1, sync: true }))
    : pino(settings, options.destination)
}

function contextFields(): Record<string, unknown> {
  const context = currentContext()
  if (context === undefined) return {}
  return {
    request_id: context.requestId,
    ...(context.correlationId === context.requestId ? {} : { correlation_id: context.correlationId }),
    trace_id: context.traceId,
  }
}
