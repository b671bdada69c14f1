/** Accounts as the staff sees them. */
import { and, eq, or, sql } from 'drizzle-orm';
import * as v from 'valibot';
import { accounts } from '@/db/account-schema';
import { databaseFault } from '@/db/fault';
import { orders } from '@/db/schema';
import { IdInput, inputError } from '@/edge/cart-input';
import { idOf, notFound, pageInput, pageOf, SearchInput } from '../lists';
import { deed, logged } from './audit';
import { permittedOperation } from './operation';

const SHOWN = {
  id: accounts.id,
  email: accounts.email,
  name: accounts.name,
  customerGroupId: accounts.customerGroupId,
  createdAt: accounts.createdAt,
};

const ListCustomers = v.object({ ...pageInput, q: v.optional(SearchInput) });

/** Accounts, the newest first; `q` is a part of the mail address or the name. */
export const listCustomersOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/customers', access: ['customers:read'], query: ListCustomers },
  async ({ db }, _actor, { query }) => {
    const { q } = query;
    const page = pageOf(JSON.stringify(['customers', q]), query, { by: accounts.id, as: 'id' });
    const rows = await db
      .select(SHOWN)
      .from(accounts)
      .where(
        and(
          q
            ? or(
                sql`strpos(lower(${accounts.email}), lower(${q})) > 0`,
                sql`strpos(lower(${accounts.name}), lower(${q})) > 0`,
              )
            : undefined,
          page.isAfter,
        ),
      )
      .orderBy(page.order)
      .limit(page.take);
    return page.reply(
      rows,
      ({ id }) => id,
      (row) => row,
    );
  },
);

/** An account, and how many orders it has. */
export const getCustomerOperation = permittedOperation(
  { method: 'GET', path: '/api/admin/customers/{accountId}', access: ['customers:read'] },
  async (context) => {
    const [row] = await context.db
      .select({
        ...SHOWN,
        orders: sql<number>`(select count(*) from ${orders} where ${orders.accountId} = ${accounts.id})`.mapWith(
          Number,
        ),
      })
      .from(accounts)
      .where(eq(accounts.id, idOf(context, 'accountId')));
    if (!row) throw noCustomer();
    return { body: row };
  },
);

const ChangeCustomer = v.strictObject({ customerGroupId: v.nullable(IdInput) });

/**
 * Puts an account into a customer group, or into none. Its prices follow with its next access token, in ten minutes at
 * most.
 */
export const changeCustomerOperation = permittedOperation(
  { method: 'PATCH', path: '/api/admin/customers/{accountId}', access: ['customers:write'], body: ChangeCustomer },
  async (context, actor, { body: { customerGroupId } }) => {
    const id = idOf(context, 'accountId');
    try {
      const { rows } = await context.db.execute(sql`
        with target as (select id, customer_group_id from accounts where id = ${id} for update),
        changed as (
          update accounts a set customer_group_id = ${customerGroupId}::text from target where a.id = target.id
          returning a.id, a.customer_group_id),
        change as (
          select target.id as subject_id, jsonb_build_object('customerGroupId', target.customer_group_id) as before,
            jsonb_build_object('customerGroupId', changed.customer_group_id) as after
          from target join changed using (id)),
        ${logged(deed(context, actor, 'customer.changed', 'customers'))}
        select subject_id from change`);
      if (rows.length === 0) throw noCustomer();
      return { body: { id, customerGroupId } };
    } catch (error) {
      if (databaseFault(error)?.sqlState !== '23503') throw error;
      throw inputError('invalid_input', 'customerGroupId', 'There is no such customer group.', 'unknown');
    }
  },
);

function noCustomer() {
  return notFound('There is no such customer.');
}
