import { bind } from '@/app/api/bind';
import { cronOperation } from '@/node/cron';

/** A run may take as long as its bites do. */
export const maxDuration = 60;

export const GET = bind(cronOperation);
