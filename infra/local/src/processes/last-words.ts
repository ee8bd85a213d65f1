// Reads from the end of a child's log why it died: the last line of error level that a program of any of our kinds
// writes.

const WORTH_TELLING = /\b(FATAL|PANIC|ERR|ERROR|Error|error|fatal|\[FTL\]|\[ERR\])\b|\bexception\b/

/** One line of reason from a log, or undefined if the log is silent. */
export function lastWords(log: string): string | undefined {
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const structured = lines.map(fromService)
  const told = lines.map((line, index) => structured[index] ?? line)
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = told[index] ?? ''
    if (structured[index] !== undefined || (!lines[index]?.startsWith('{') && WORTH_TELLING.test(line)))
      return shorten(line)
  }
  const last = told.at(-1)
  return last === undefined ? undefined : shorten(last)
}

type LogLine = { level?: string; message?: string; err?: string | { message?: string } }

const GRAVE = new Set(['error', 'fatal'])

function fromService(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const { level, message, err } = JSON.parse(line) as LogLine
    if (!GRAVE.has(level ?? '')) return undefined
    return [message, typeof err === 'string' ? err : err?.message]
      .filter((part) => part !== undefined && part !== '')
      .join(': ')
  } catch {
    return undefined
  }
}

function shorten(line: string): string {
  const text = line.replace(/^\d{4}-\d\d-\d\d[ T][\d:.]+\S*( \w+)? (\[\d+\] )?/, '')
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
