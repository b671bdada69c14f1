-- What a batch over HTTP cannot do, because it cannot branch, and what a constraint on one row cannot say.

-- Holds stock for an order, whole or not at all. Lines of one variant are counted together; locations give in the order
-- of their priority; a variant with the policy 'continue' takes what is there and is owed the rest.
-- The rows are locked in the order of their key, whatever order the lines come in, so that two orders never wait for
-- each other in a circle. A shortage is told of all lines at once, as JSON in the error's detail.
create function hold_stock(p_order_id text, p_lines jsonb) returns void language plpgsql as $$
declare
  wanted record;
  place record;
  v_available integer;
  v_left integer;
  v_taken integer;
  v_shortages jsonb := '[]';
begin
  perform 1 from stock
    where variant_id in (select line ->> 'variantId' from jsonb_array_elements(p_lines) line)
    order by variant_id, location_id
    for update;

  for wanted in
    select line.variant_id, line.quantity, v.stock_policy as policy
    from (
      select l ->> 'variantId' as variant_id, sum((l ->> 'quantity')::integer)::integer as quantity
      from jsonb_array_elements(p_lines) l
      group by 1
    ) line
    left join variants v on v.id = line.variant_id
    order by line.variant_id
  loop
    select coalesce(sum(on_hand - held), 0)::integer into v_available from stock where variant_id = wanted.variant_id;
    if v_available < wanted.quantity and wanted.policy is distinct from 'continue' then
      v_shortages := v_shortages || jsonb_build_object(
        'variantId', wanted.variant_id, 'requested', wanted.quantity, 'available', v_available);
      continue;
    end if;

    v_left := least(wanted.quantity, v_available);
    for place in
      select s.location_id, s.on_hand - s.held as free
      from stock s join locations l on l.id = s.location_id
      where s.variant_id = wanted.variant_id and s.on_hand > s.held
      order by l.priority
    loop
      exit when v_left = 0;
      v_taken := least(place.free, v_left);
      update stock set held = held + v_taken, updated_at = now()
        where variant_id = wanted.variant_id and location_id = place.location_id;
      insert into stock_holds (order_id, variant_id, location_id, quantity)
        values (p_order_id, wanted.variant_id, place.location_id, v_taken);
      v_left := v_left - v_taken;
    end loop;
  end loop;

  if v_shortages <> '[]' then
    raise exception 'there is not enough stock'
      using errcode = 'check_violation', constraint = 'stock_holds_available', detail = v_shortages::text;
  end if;
end
$$;
--> statement-breakpoint

-- Gives back what an order holds, paid for or not. Once: a second call finds nothing to give.
create function release_stock(p_order_id text) returns void language plpgsql as $$
declare
  hold record;
begin
  perform 1 from stock
    where (variant_id, location_id) in (select h.variant_id, h.location_id from stock_holds h where h.order_id = p_order_id)
    order by variant_id, location_id
    for update;

  for hold in
    update stock_holds set status = 'released', updated_at = now()
    where order_id = p_order_id and status <> 'released'
    returning variant_id, location_id, quantity
  loop
    update stock set held = held - hold.quantity, updated_at = now()
      where variant_id = hold.variant_id and location_id = hold.location_id;
  end loop;
end
$$;
--> statement-breakpoint

-- The first statement of every batch that moves an order on: takes its row, and aborts the batch if the order is no
-- longer as the one who decided has seen it. Whoever is refused reads again and decides anew.
create function lock_order(p_order_id text, p_status text, p_payment_status text, p_refunded_minor bigint)
returns void language plpgsql as $$
begin
  perform 1 from orders o where o.id = p_order_id for update;
  perform 1 from orders o join payments p on p.order_id = o.id
    where o.id = p_order_id and o.status = p_status and o.payment_status = p_payment_status
      and p.refunded_minor = p_refunded_minor;
  if not found then
    raise exception 'the order % has moved on', p_order_id
      using errcode = 'serialization_failure', constraint = 'orders_unchanged';
  end if;
end
$$;
--> statement-breakpoint

-- One payment an order: what was asked of the provider is asked under the order's id, so a second could not be told apart.
create unique index payments_order_unique on payments (order_id);
--> statement-breakpoint

-- Double entry: at the commit the rows of a transaction sum to zero, in each order and currency.
create function require_balanced_ledger() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from ledger_entries where transaction_id = new.transaction_id
    group by order_id, currency having sum(amount_minor) <> 0
  ) then
    raise exception 'the ledger transaction % does not sum to zero', new.transaction_id
      using errcode = 'check_violation', constraint = 'ledger_entries_balanced';
  end if;
  return null;
end
$$;
--> statement-breakpoint
create constraint trigger ledger_entries_balanced after insert on ledger_entries
  deferrable initially deferred for each row execute function require_balanced_ledger();
--> statement-breakpoint

-- What was written in the ledger and in an order's history stays as it was; a mistake is mended by a further entry.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name
    using errcode = 'restrict_violation', constraint = tg_table_name || '_append_only';
end
$$;
--> statement-breakpoint
create trigger ledger_entries_append_only before update or delete on ledger_entries
  for each row execute function refuse_change();
--> statement-breakpoint
create trigger ledger_entries_no_truncate before truncate on ledger_entries
  for each statement execute function refuse_change();
--> statement-breakpoint
create trigger order_events_append_only before update or delete on order_events
  for each row execute function refuse_change();
--> statement-breakpoint
create trigger order_events_no_truncate before truncate on order_events
  for each statement execute function refuse_change();
