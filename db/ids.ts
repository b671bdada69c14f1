import { typeid } from 'typeid-js';

/** What a TypeID of this shop may begin with. */
export type IdPrefix =
  | 'prod'
  | 'var'
  | 'media'
  | 'coll'
  | 'cart'
  | 'ord'
  | 'line'
  | 'pay'
  | 'quote'
  | 'acct'
  | 'addr'
  | 'sess'
  | 'link'
  | 'invite'
  | 'key';

/** A new TypeID: sortable by its time of making, unique without asking anyone, and never a grant of access by itself. */
export function newId(prefix: IdPrefix): string {
  return typeid(prefix).toString();
}
