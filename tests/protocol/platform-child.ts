/** The platform in a process of its own, for tests that kill it: prints its variables, or why it did not start. */
import { startPlatform } from '@/local/platform';

const [dataDir] = process.argv.slice(2);
try {
  const platform = await startPlatform({ dataDir: dataDir! });
  process.stdout.write(`${JSON.stringify({ env: platform.env })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ refused: (error as Error).message })}\n`);
}
