import { bind } from '@/app/api/bind';
import { deleteMeOperation, getMeOperation, updateMeOperation } from '@/node/profile';

export const GET = bind(getMeOperation);
export const PATCH = bind(updateMeOperation);
export const DELETE = bind(deleteMeOperation);
