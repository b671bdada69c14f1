import { bind } from '@/app/api/bind';
import { exportMeOperation } from '@/node/profile';

export const GET = bind(exportMeOperation);
