/**
 * pgbench with the statements of a rotation, each sent by itself: what P8 compares with.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { findProgram, type Program } from '@gatehouse/local/servers/packaged'

const run = promisify(execFile)
const families = 1000

/** The same as tokens does: look the token up, lock its session, read what decides, exchange it, note the use. */
const script = `\\set n random(1, ${families})
select id, family from bench_tokens where family = :n and used_at is null limit 1 \\gset t_
begin;
select set_config('app.user_id', '', true);
select version from bench_sessions where id = :n for update;
select status from bench_families where id = :n;
select version from bench_sessions where id = :n;
update bench_tokens set used_at = now() where id = :t_id and used_at is null;
insert into bench_tokens (family) values (:n);
update bench_sessions set last_seen = now() where id = :n;
commit;
`

/** The launcher's PostgreSQL comes without pgbench; every version of it speaks to every server. */
export const findPgbench = (note: (text: string) => void): Promise<Program | undefined> =>
  findProgram({ name: 'pgbench', packages: ['postgresql'], withDependencies: true, pathIn: pgbenchIn }, note)

function pgbenchIn(tree: string): string {
  const versions = join(tree, 'usr/lib/postgresql')
  return join(versions, readdirSync(versions)[0] ?? '', 'bin/pgbench')
}

/** Rotations a second; undefined without a pgbench. */
export async function pgbenchRotations(
  program: Program | undefined,
  o: { adminUrl: string; clients: number; seconds: number },
): Promise<number | undefined> {
  if (program === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pgbench-'))
  try {
    await prepareTables(o.adminUrl)
    writeFileSync(join(folder, 'rotate.sql'), script)
    const args = [
      '-n',
      '-M',
      'simple',
      '-c',
      o.clients,
      '-j',
      1,
      '-T',
      o.seconds,
      '-f',
      join(folder, 'rotate.sql'),
      o.adminUrl,
    ]
    const { stdout } = await run(program.file, args.map(String), { env: program.env })
    return Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? NaN)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The tables of the rotation, and the people whom the bare hops read. */
export async function prepareTables(adminUrl: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(`
      create table if not exists bench_sessions (id int primary key, version int, last_seen timestamptz);
      create table if not exists bench_families (id int primary key, status text);
      create table if not exists bench_tokens (id bigserial primary key, family int, used_at timestamptz);
      truncate bench_sessions, bench_families, bench_tokens;
      create index if not exists bench_tokens_unused on bench_tokens (family) where used_at is null;
      insert into bench_sessions select n, 1, now() from generate_series(1, ${families}) n;
      insert into bench_families select n, 'active' from generate_series(1, ${families}) n;
      insert into bench_tokens (family) select n from generate_series(1, ${families}) n;
      create table if not exists bench_people (
        id int primary key, name text, email text, verified boolean, created_at timestamptz default now());
      insert into bench_people select n, 'Ann', 'ann@example.com', true from generate_series(1, 1000) n
        on conflict do nothing;
      analyze bench_sessions; analyze bench_tokens; analyze bench_people;`)
  } finally {
    await sql.end()
  }
}
