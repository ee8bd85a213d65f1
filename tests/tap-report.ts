// Reads the TAP stream of a run and counts tests, not assertions: a test is a titled block without blocks of its own. A
// block that fails although every block in it passed (a crash, a timeout, a failed assertion beside them) counts as one
// failed test, so nothing that went wrong can end in "0 failed".

export type Counts = { passed: number; failed: number; skipped: number }

/** What happened to one file, told when its last line has been read. `figures`: what its tests measured or counted and said so. */
export type FileReport = Counts & { file: string; ok: boolean; seconds: number; failures: string[]; figures: string[] }

type Block = { indent: number; title: string; hasBlocks: boolean; failedInside: number }

const SUBTEST = /^( *)# Subtest: (.*)$/
const POINT = /^( *)(not )?ok \d+(?: - (.*?))?(?: # (time=([\d.]+)m?s|SKIP.*|TODO.*))?$/

/** What a test says with `t.comment`, and not what tap adds itself. */
const COMMENT = /^ +# (?!Subtest: |(?:time|failed|skip|todo)\b)(.*)$/

export type TapReader = { read: (line: string) => FileReport | undefined; counts: () => Counts }

export function createTapReader(): TapReader {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 }
  const stack: Block[] = []
  let before = { ...total }
  let failures: string[] = []
  let figures: string[] = []
  let diagnostics: number | undefined
  let isKept = false

  const count = (o: { kind: keyof Counts }) => {
    total[o.kind] += 1
  }

  const close = (block: Block, isOk: boolean) => {
    stack.pop()
    const isLeaf = !block.hasBlocks
    if (isLeaf) count({ kind: isOk ? 'passed' : 'failed' })
    else if (!isOk && block.failedInside === 0) count({ kind: 'failed' })
    const parent = stack.at(-1)
    if (parent !== undefined && !isOk) parent.failedInside += 1
  }

  const readPoint = (line: string, match: RegExpExecArray): FileReport | undefined => {
    const indent = (match[1] ?? '').length
    const isOk = match[2] === undefined
    const directive = match[4] ?? ''
    isKept = !isOk
    if (!isOk) failures.push(line)
    const block = stack.at(-1)
    if (block === undefined || block.indent !== indent) {
      if (/^(SKIP|TODO)/.test(directive)) count({ kind: 'skipped' })
      return undefined
    }
    close(block, isOk)
    if (stack.length > 0) return undefined
    const report = {
      file: block.title,
      ok: isOk,
      seconds: Number(match[5] ?? 0) / 1000,
      failures,
      figures,
      ...difference(total, before),
    }
    before = { ...total }
    failures = []
    figures = []
    return report
  }

  const read = (line: string): FileReport | undefined => {
    if (diagnostics !== undefined) {
      if (isKept && stack.length > 0) failures.push(line)
      if (line === `${' '.repeat(diagnostics)}...`) diagnostics = undefined
      return undefined
    }
    if (line.trim() === '---') {
      diagnostics = line.indexOf('-')
      return undefined
    }
    const subtest = SUBTEST.exec(line)
    if (subtest !== null) {
      const parent = stack.at(-1)
      if (parent !== undefined) parent.hasBlocks = true
      stack.push({ indent: (subtest[1] ?? '').length, title: subtest[2] ?? '', hasBlocks: false, failedInside: 0 })
      return undefined
    }
    const comment = COMMENT.exec(line)?.[1]
    if (comment !== undefined) figures.push(comment)
    const point = POINT.exec(line)
    return point === null ? undefined : readPoint(line, point)
  }

  return { read, counts: () => ({ ...total }) }
}

function difference(now: Counts, before: Counts): Counts {
  return {
    passed: now.passed - before.passed,
    failed: now.failed - before.failed,
    skipped: now.skipped - before.skipped,
  }
}

/** The last line of a run. */
export function summaryLine(counts: Counts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`
}
