import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cron } from 'croner';
import * as v from 'valibot';
import { badge, html, isForeignForm, moment, page, problem, seeOther } from './pages';

export interface CronOptions {
  /** The shop, whose paths are called. */
  siteUrl: string;
  secret: string;
  /** The `vercel.json` that names the jobs; without such a file there are none. */
  configFile: string | undefined;
}

export interface CronClock {
  /** Answers everything under `/cron`. */
  handle(request: Request): Promise<Response>;
  /**
   * Runs every job once, as soon as the shop answers, and once more a minute later. Vercel's clock never stops, this
   * machine's does: what came due meanwhile is made up for at the start.
   */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

interface Run {
  at: string;
  status: number | null;
  error: string | null;
  durationMs: number;
}

const VercelConfig = v.object({
  crons: v.optional(
    v.array(
      v.object({
        path: v.pipe(v.string(), v.startsWith('/', 'must begin with a slash')),
        // Vercel takes five fields of numbers, without the names that other crons know.
        schedule: v.pipe(v.string(), v.regex(/^[\d*/,-]+( [\d*/,-]+){4}$/, 'must have five fields without names')),
      }),
    ),
    [],
  ),
});

/** The longest that a function may take on Vercel's free plan. */
const TIMEOUT_MS = 60_000;
const READY_WITHIN_MS = 120_000;
/** What a killed process was just delivering is held for it for a minute; nobody may take it over before. */
const AGAIN_AFTER_MS = 75_000;

/**
 * Calls the jobs of `vercel.json` as Vercel does: GET, in UTC, with the cron secret, without waiting for an earlier run
 * of the same job to end. Throws, naming the entry, on a schedule that Vercel would refuse.
 */
export async function openCron({ siteUrl, secret, configFile }: CronOptions): Promise<CronClock> {
  const closing = new AbortController();
  const runs = new Map<string, Run>();
  let again: NodeJS.Timeout | undefined;
  const running = new Set<Promise<unknown>>();
  const jobs = (await readJobs(configFile)).map(({ path, schedule }) => {
    const clock = new Cron(schedule, { timezone: 'UTC', mode: '5-part', unref: true }, () => void run(path));
    return { path, schedule, clock };
  });

  function run(path: string): Promise<void> {
    const call = (async () => {
      const startedAt = Date.now();
      const answer = await get(path);
      const at = new Date(startedAt).toISOString();
      runs.set(path, { at, ...answer, durationMs: Date.now() - startedAt });
    })();
    running.add(call);
    return call.finally(() => running.delete(call));
  }

  const runAll = () => Promise.all(jobs.map(({ path }) => run(path)));

  async function get(path: string): Promise<{ status: number | null; error: string | null }> {
    try {
      const response = await fetch(new URL(path, siteUrl), {
        headers: { authorization: `Bearer ${secret}`, 'user-agent': 'vercel-cron/1.0' },
        // Vercel does not follow redirects either; the secret would travel with them.
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.body?.cancel();
      return { status: response.status, error: null };
    } catch (error) {
      const { message, cause } = error as Error;
      return { status: null, error: cause instanceof Error && cause.message ? cause.message : message };
    }
  }

  async function catchUp(): Promise<void> {
    for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline && !closing.signal.aborted; ) {
      if ((await get('/api/health')).status === 200) {
        await runAll();
        if (!closing.signal.aborted) again = setTimeout(() => void runAll(), AGAIN_AFTER_MS).unref();
        return;
      }
      await sleep(500, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
  }

  async function handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/cron/runs' && request.method === 'POST') {
      if (isForeignForm(request)) return problem(403, 'foreign_origin', 'Only this machine’s own page may do this.');
      const path = new URLSearchParams(await request.text()).get('path');
      if (!jobs.some((job) => job.path === path))
        return problem(404, 'job_not_found', 'vercel.json names no such job.');
      await run(path as string);
      return seeOther('/cron');
    }
    if (request.method !== 'GET') return problem(405, 'method_not_allowed', 'Only GET is understood here.');
    if (pathname !== '/cron') return problem(404, 'not_found', 'There is nothing at this address.');
    return page({
      title: 'Cron',
      section: 'cron',
      body: html`
<h1>Cron</h1>
<p>The jobs of <code>vercel.json</code>, called as Vercel calls them. All times are UTC. At a start of this machine each runs once.</p>
${
  jobs.length === 0
    ? html`<p class="empty">vercel.json names no jobs.</p>`
    : html`<div class="table"><table><thead><tr><th scope="col">Path</th><th scope="col">Schedule</th><th scope="col">Last run</th><th scope="col">Next run</th><th scope="col"><span class="soft">Now</span></th></tr></thead>
<tbody>${jobs.map(({ path, schedule, clock }) => {
        const last = runs.get(path);
        const next = clock.nextRun()?.toISOString();
        return html`<tr><td class="mono">${path}</td><td class="mono">${schedule}</td>
<td>${last ? html`${moment(last.at)} ${badge(String(last.status ?? last.error), last.status === 200 ? 'good' : 'bad')} <small>${last.durationMs} ms</small>` : html`<span class="soft">not since the start</span>`}</td>
<td>${next && moment(next)}</td>
<td><form method="post" action="/cron/runs"><input type="hidden" name="path" value="${path}"><button aria-label="Run ${path} now">Run now</button></form></td></tr>`;
      })}</tbody></table></div>`
}`,
    });
  }

  return {
    handle,
    catchUp,
    async close() {
      for (const { clock } of jobs) clock.stop();
      closing.abort();
      clearTimeout(again);
      await Promise.allSettled(running);
    },
  };
}

async function readJobs(configFile: string | undefined) {
  if (configFile === undefined) return [];
  let written: string;
  try {
    written = await readFile(configFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const result = v.safeParse(VercelConfig, JSON.parse(written));
  if (result.success) return result.output.crons;
  const faults = result.issues.map((issue) => `${v.getDotPath(issue)} ${issue.message}`);
  throw new Error(`${configFile}: ${faults.join('; ')}`);
}
