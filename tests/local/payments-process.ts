import { createServer } from 'node:http';
import { toHandler } from '@/local/pages';
import { openPayments } from '@/local/payments';

// The provider as a process of its own, to be killed by the test beside it.
const [dataDir, siteUrl] = process.argv.slice(2) as [string, string];
const payments = await openPayments({ dataDir, siteUrl, secretKey: 'key', webhookSecret: 'secret', firstRetryMs: 50 });
const server = createServer(toHandler(payments.handle));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : null);
});
