import { bind } from '@/app/api/bind';
import { changeVariantOperation } from '@/node/staff/variants';

export const PATCH = bind(changeVariantOperation);
