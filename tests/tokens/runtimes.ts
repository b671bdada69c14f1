import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { answer, type Question, type Verdict } from './probe';

export interface Runtime {
  ask(questions: Question[]): Promise<Verdict[]>;
  close(): Promise<void>;
}

/** Where access tokens are verified: Node, workerd, and the sandbox that Next runs its edge functions in. */
export const runtimes: { name: string; start(): Promise<Runtime> }[] = [
  {
    name: 'Node',
    start: async () => ({
      ask: async (questions) => (await answer(asking(questions))).json(),
      close: async () => {},
    }),
  },
  {
    name: 'workerd',
    async start() {
      const worker = new Miniflare({
        modules: true,
        script: await bundle('esm', `export default { fetch: (request) => answer(request) };`),
        compatibilityDate: '2026-04-01',
      });
      await worker.ready;
      return {
        async ask(questions) {
          const response = await worker.dispatchFetch(URL, { method: 'POST', body: JSON.stringify(questions) });
          return (await response.json()) as Verdict[];
        },
        close: () => worker.dispose(),
      };
    },
  },
  {
    name: "Next's edge",
    async start() {
      const { EdgeRuntime } = createRequire(import.meta.url)('next/dist/compiled/edge-runtime') as EdgeRuntimeModule;
      const runtime = new EdgeRuntime({
        initialCode: await bundle(
          'iife',
          `addEventListener('fetch', (event) => event.respondWith(answer(event.request)));`,
        ),
      });
      return {
        async ask(questions) {
          const response = await runtime.dispatchFetch(URL, { method: 'POST', body: JSON.stringify(questions) });
          return (await response.json()) as Verdict[];
        },
        close: async () => {},
      };
    },
  },
];

interface EdgeRuntimeModule {
  EdgeRuntime: new (options: {
    initialCode: string;
  }) => { dispatchFetch(url: string, init: RequestInit): Promise<Response> };
}

const URL = 'http://runtime.test/';

const asking = (questions: Question[]) => new Request(URL, { method: 'POST', body: JSON.stringify(questions) });

async function bundle(format: 'esm' | 'iife', entry: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { answer } from './probe';\n${entry}`,
      resolveDir: resolve('tests/tokens'),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format,
    platform: 'browser',
    conditions: ['edge-light', 'workerd', 'worker', 'browser'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}
