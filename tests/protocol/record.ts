/**
 * Records anew what a Redis answers to the commands of the contract suite: `REDIS_URL=… npx tsx tests/protocol/record.ts`.
 * Needs doing only when commands are added.
 */
import { writeFileSync } from 'node:fs';
import { commands, scripts } from './redis-commands';
import { kvSubjects } from './servers';

const platform = await kvSubjects[1]!.start();
const ask = async (command: unknown) => {
  const response = await fetch(platform.env.KV_REST_API_URL!, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.env.KV_REST_API_TOKEN}` },
    body: JSON.stringify(command),
  });
  return JSON.stringify(await response.json());
};
const answers: string[] = [];
for (const command of commands) answers.push(await ask(command));
answers.push(await ask(['FLUSHALL']));
for (const [source, keys, args] of scripts) answers.push(await ask(['EVAL', source, keys.length, ...keys, ...args]));
writeFileSync(new URL('./redis-transcript.json', import.meta.url), `[\n${answers.join(',\n')}\n]\n`);
await platform.close();
