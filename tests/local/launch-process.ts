import { launch } from '@/local/launch';

// The launcher as a process of its own, to be stopped and killed by the test beside it.
const [root, mode] = process.argv.slice(2) as [string, 'start' | 'dev' | 'platform'];
await launch({
  root,
  mode,
  async step(title, work) {
    const result = await work();
    console.info(`${title}: ${result}`);
    return result;
  },
});
