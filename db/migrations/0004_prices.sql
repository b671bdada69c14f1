CREATE TABLE "currency_conversions" (
	"to_currency" text PRIMARY KEY NOT NULL,
	"from_currency" text NOT NULL,
	"rate" numeric(24, 12) NOT NULL,
	"rounding" jsonb DEFAULT '{"incrementMinor":1,"lessMinor":0,"mode":"nearest"}'::jsonb NOT NULL,
	CONSTRAINT "currency_conversions_currency_shape" CHECK ("currency_conversions"."to_currency" ~ '^[A-Z]{3}$' and "currency_conversions"."from_currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "currency_conversions_not_itself" CHECK ("currency_conversions"."from_currency" <> "currency_conversions"."to_currency"),
	CONSTRAINT "currency_conversions_rate_positive" CHECK ("currency_conversions"."rate" > 0),
	CONSTRAINT "currency_conversions_rounding_object" CHECK (jsonb_typeof("currency_conversions"."rounding") = 'object')
);
--> statement-breakpoint
CREATE TABLE "customer_groups" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order_adjustments" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"order_id" text NOT NULL,
	"line_id" text,
	"promotion_id" text NOT NULL,
	"label" text NOT NULL,
	"code" text,
	"amount_minor" bigint NOT NULL,
	CONSTRAINT "order_adjustments_amount_negative" CHECK ("order_adjustments"."amount_minor" < 0)
);
--> statement-breakpoint
CREATE TABLE "order_tax_lines" (
	"order_id" text NOT NULL,
	"position" integer NOT NULL,
	"label" text NOT NULL,
	"rate_bps" numeric(8, 2) NOT NULL,
	"net_minor" bigint NOT NULL,
	"amount_minor" bigint NOT NULL,
	CONSTRAINT "order_tax_lines_order_id_position_pk" PRIMARY KEY("order_id","position")
);
--> statement-breakpoint
CREATE TABLE "price_history" (
	"id" bigserial NOT NULL,
	"variant_id" text NOT NULL,
	"currency" text NOT NULL,
	"amount_minor" bigint,
	"valid_from" timestamp with time zone NOT NULL,
	CONSTRAINT "price_history_variant_id_currency_id_pk" PRIMARY KEY("variant_id","currency","id")
);
--> statement-breakpoint
CREATE TABLE "price_list_prices" (
	"list_id" text NOT NULL,
	"variant_id" text NOT NULL,
	"currency" text NOT NULL,
	"min_quantity" integer DEFAULT 1 NOT NULL,
	"amount_minor" bigint NOT NULL,
	CONSTRAINT "price_list_prices_list_id_variant_id_currency_min_quantity_pk" PRIMARY KEY("list_id","variant_id","currency","min_quantity"),
	CONSTRAINT "price_list_prices_currency_shape" CHECK ("price_list_prices"."currency" ~ '^[A-Z]{3}$'),
	CONSTRAINT "price_list_prices_quantity_positive" CHECK ("price_list_prices"."min_quantity" >= 1),
	CONSTRAINT "price_list_prices_amount_in_range" CHECK ("price_list_prices"."amount_minor" between 0 and 9007199254740991)
);
--> statement-breakpoint
CREATE TABLE "price_list_steps" (
	"list_id" text NOT NULL,
	"min_quantity" integer DEFAULT 1 NOT NULL,
	"change_bps" integer NOT NULL,
	CONSTRAINT "price_list_steps_list_id_min_quantity_pk" PRIMARY KEY("list_id","min_quantity"),
	CONSTRAINT "price_list_steps_quantity_positive" CHECK ("price_list_steps"."min_quantity" >= 1),
	CONSTRAINT "price_list_steps_change_in_range" CHECK ("price_list_steps"."change_bps" between -10000 and 100000)
);
--> statement-breakpoint
CREATE TABLE "price_lists" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"customer_groups" text[] DEFAULT '{}'::text[] NOT NULL,
	"channels" text[] DEFAULT '{}'::text[] NOT NULL,
	"countries" text[] DEFAULT '{}'::text[] NOT NULL,
	"starts_at" timestamp with time zone,
	"ends_at" timestamp with time zone,
	"tiers_by" text DEFAULT 'variant' NOT NULL,
	"selection" jsonb,
	"rounding" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "price_lists_starts_before_end" CHECK ("price_lists"."starts_at" < "price_lists"."ends_at"),
	CONSTRAINT "price_lists_tiers_by_known" CHECK ("price_lists"."tiers_by" in ('variant', 'product')),
	CONSTRAINT "price_lists_selection_object" CHECK (jsonb_typeof("price_lists"."selection") = 'object'),
	CONSTRAINT "price_lists_rounding_object" CHECK (jsonb_typeof("price_lists"."rounding") = 'object')
);
--> statement-breakpoint
CREATE TABLE "promotion_codes" (
	"code" text PRIMARY KEY NOT NULL,
	"promotion_id" text NOT NULL,
	CONSTRAINT "promotion_codes_code_shape" CHECK (length("promotion_codes"."code") between 1 and 64 and "promotion_codes"."code" = upper("promotion_codes"."code") and "promotion_codes"."code" !~ '[[:space:]]')
);
--> statement-breakpoint
CREATE TABLE "promotion_customers" (
	"promotion_id" text NOT NULL,
	"customer_key" text NOT NULL,
	"used" integer NOT NULL,
	CONSTRAINT "promotion_customers_promotion_id_customer_key_pk" PRIMARY KEY("promotion_id","customer_key"),
	CONSTRAINT "promotion_customers_used_not_negative" CHECK ("promotion_customers"."used" >= 0)
);
--> statement-breakpoint
CREATE TABLE "promotion_groups" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "promotion_uses" (
	"order_id" text NOT NULL,
	"promotion_id" text NOT NULL,
	"customer_key" text NOT NULL,
	"status" text DEFAULT 'counted' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "promotion_uses_order_id_promotion_id_pk" PRIMARY KEY("order_id","promotion_id"),
	CONSTRAINT "promotion_uses_status_known" CHECK ("promotion_uses"."status" in ('counted', 'released'))
);
--> statement-breakpoint
CREATE TABLE "promotions" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"group_id" text,
	"exclusive" boolean DEFAULT false NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"starts_at" timestamp with time zone,
	"ends_at" timestamp with time zone,
	"hours" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"conditions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"effect" jsonb NOT NULL,
	"usage_limit" integer,
	"usage_limit_per_customer" integer,
	"used" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "promotions_starts_before_end" CHECK ("promotions"."starts_at" < "promotions"."ends_at"),
	CONSTRAINT "promotions_hours_array" CHECK (jsonb_typeof("promotions"."hours") = 'array'),
	CONSTRAINT "promotions_conditions_array" CHECK (jsonb_typeof("promotions"."conditions") = 'array'),
	CONSTRAINT "promotions_effect_known" CHECK (coalesce("promotions"."effect" ->> 'kind', '') in ('percent_off', 'amount_off', 'spend_steps', 'buy_get', 'bundle', 'gift', 'shipping_off')),
	CONSTRAINT "promotions_exclusive_alone" CHECK (not ("promotions"."exclusive" and "promotions"."group_id" is not null)),
	CONSTRAINT "promotions_usage_limit_positive" CHECK ("promotions"."usage_limit" > 0),
	CONSTRAINT "promotions_usage_limit_per_customer_positive" CHECK ("promotions"."usage_limit_per_customer" > 0),
	CONSTRAINT "promotions_used_within_limit" CHECK ("promotions"."used" >= 0 and ("promotions"."usage_limit" is null or "promotions"."used" <= "promotions"."usage_limit"))
);
--> statement-breakpoint
CREATE TABLE "shipping_zone_areas" (
	"zone_id" text NOT NULL,
	"position" integer NOT NULL,
	"country" text NOT NULL,
	"regions" text[] DEFAULT '{}'::text[] NOT NULL,
	"postal_codes" text[] DEFAULT '{}'::text[] NOT NULL,
	CONSTRAINT "shipping_zone_areas_zone_id_position_pk" PRIMARY KEY("zone_id","position"),
	CONSTRAINT "shipping_zone_areas_country_shape" CHECK ("shipping_zone_areas"."country" ~ '^[A-Z]{2}$')
);
--> statement-breakpoint
CREATE TABLE "shipping_zones" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL
);
--> statement-breakpoint

-- Taxes of a country become those of a zone that is the whole country.
ALTER TABLE "tax_rates" DROP CONSTRAINT "tax_rates_country_tax_zones_country_fk";--> statement-breakpoint
ALTER TABLE "tax_rates" DROP CONSTRAINT "tax_rates_country_tax_class_pk";--> statement-breakpoint
ALTER TABLE "tax_rates" RENAME COLUMN "country" TO "zone_id";--> statement-breakpoint
UPDATE "tax_rates" SET "zone_id" = lower("zone_id");--> statement-breakpoint
ALTER TABLE "tax_zones" DROP CONSTRAINT "tax_zones_pkey";--> statement-breakpoint
ALTER TABLE "tax_zones" ADD COLUMN "id" text;--> statement-breakpoint
UPDATE "tax_zones" SET "id" = lower("country");--> statement-breakpoint
ALTER TABLE "tax_zones" ADD PRIMARY KEY ("id");--> statement-breakpoint

-- Methods that reach the same countries share a zone, under the id of the first of them.
ALTER TABLE "shipping_methods" ADD COLUMN "zone_id" text;--> statement-breakpoint
UPDATE "shipping_methods" m SET "zone_id" = z."id"
FROM (SELECT "countries", min("id") AS "id" FROM "shipping_methods" WHERE "countries" <> '{}' GROUP BY "countries") z
WHERE z."countries" = m."countries";--> statement-breakpoint
INSERT INTO "shipping_zones" ("id", "title")
SELECT "zone_id", string_agg("title", ', ' ORDER BY "position", "id") FROM "shipping_methods"
WHERE "zone_id" IS NOT NULL GROUP BY "zone_id";--> statement-breakpoint
INSERT INTO "shipping_zone_areas" ("zone_id", "position", "country")
SELECT m."id", c."position" - 1, c."country"
FROM "shipping_methods" m, unnest(m."countries") WITH ORDINALITY AS c("country", "position")
WHERE m."id" = m."zone_id";--> statement-breakpoint
ALTER TABLE "shipping_methods" DROP COLUMN "countries";--> statement-breakpoint
UPDATE "shipping_methods" SET "min_days" = "max_days", "max_days" = "min_days" WHERE "min_days" > "max_days";--> statement-breakpoint
ALTER TABLE "shipping_prices" DROP CONSTRAINT "shipping_prices_method_id_currency_pk";--> statement-breakpoint
ALTER TABLE "shipping_prices" ADD COLUMN "from_measure" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_prices" ADD CONSTRAINT "shipping_prices_method_id_currency_from_measure_pk" PRIMARY KEY("method_id","currency","from_measure");--> statement-breakpoint
ALTER TABLE "order_lines" ALTER COLUMN "tax_rate_bps" SET DATA TYPE numeric(8, 2);--> statement-breakpoint
ALTER TABLE "tax_rates" ALTER COLUMN "rate_bps" SET DATA TYPE numeric(8, 2);--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "customer_group_id" text;--> statement-breakpoint
ALTER TABLE "order_lines" ADD COLUMN "is_gift" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "customer_key" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "channel" text DEFAULT 'web' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "quote_id" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "vat_id" text;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "kind" text DEFAULT 'delivery' NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "basis" text DEFAULT 'flat' NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "free_from" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "dimensional_divisor" integer;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "excludes" jsonb;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "handling_days" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "cutoff" jsonb;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "weekends" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD COLUMN "pickup_address" text;--> statement-breakpoint
ALTER TABLE "tax_rates" ADD COLUMN "position" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tax_rates" ADD COLUMN "compound" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tax_rates" ADD CONSTRAINT "tax_rates_zone_id_tax_class_position_pk" PRIMARY KEY("zone_id","tax_class","position");--> statement-breakpoint
ALTER TABLE "tax_zones" ADD COLUMN "region" text;--> statement-breakpoint
ALTER TABLE "tax_zones" ADD COLUMN "postal_codes" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "tax_zones" ADD COLUMN "rounding" text DEFAULT 'line' NOT NULL;--> statement-breakpoint
ALTER TABLE "tax_zones" ADD COLUMN "shipping_tax" jsonb DEFAULT '{"by": "method"}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tax_zones" ADD COLUMN "reverse_charge" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "variants" ADD COLUMN "length_mm" integer;--> statement-breakpoint
ALTER TABLE "variants" ADD COLUMN "width_mm" integer;--> statement-breakpoint
ALTER TABLE "variants" ADD COLUMN "height_mm" integer;--> statement-breakpoint
ALTER TABLE "order_adjustments" ADD CONSTRAINT "order_adjustments_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_adjustments" ADD CONSTRAINT "order_adjustments_line_id_order_lines_id_fk" FOREIGN KEY ("line_id") REFERENCES "public"."order_lines"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_tax_lines" ADD CONSTRAINT "order_tax_lines_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "price_history" ADD CONSTRAINT "price_history_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "price_list_prices" ADD CONSTRAINT "price_list_prices_list_id_price_lists_id_fk" FOREIGN KEY ("list_id") REFERENCES "public"."price_lists"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "price_list_prices" ADD CONSTRAINT "price_list_prices_variant_id_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."variants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "price_list_steps" ADD CONSTRAINT "price_list_steps_list_id_price_lists_id_fk" FOREIGN KEY ("list_id") REFERENCES "public"."price_lists"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "promotion_codes" ADD CONSTRAINT "promotion_codes_promotion_id_promotions_id_fk" FOREIGN KEY ("promotion_id") REFERENCES "public"."promotions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "promotion_uses" ADD CONSTRAINT "promotion_uses_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_group_id_promotion_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."promotion_groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipping_zone_areas" ADD CONSTRAINT "shipping_zone_areas_zone_id_shipping_zones_id_fk" FOREIGN KEY ("zone_id") REFERENCES "public"."shipping_zones"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "order_adjustments_order_index" ON "order_adjustments" USING btree ("order_id","id");--> statement-breakpoint
CREATE INDEX "order_adjustments_line_index" ON "order_adjustments" USING btree ("line_id");--> statement-breakpoint
CREATE INDEX "price_list_prices_variant_index" ON "price_list_prices" USING btree ("variant_id");--> statement-breakpoint
CREATE INDEX "promotion_codes_promotion_index" ON "promotion_codes" USING btree ("promotion_id");--> statement-breakpoint
CREATE INDEX "promotion_uses_promotion_index" ON "promotion_uses" USING btree ("promotion_id") WHERE status = 'counted';--> statement-breakpoint
CREATE INDEX "promotion_uses_customer_index" ON "promotion_uses" USING btree ("customer_key","promotion_id") WHERE status = 'counted';--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_customer_group_id_customer_groups_id_fk" FOREIGN KEY ("customer_group_id") REFERENCES "public"."customer_groups"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_zone_id_shipping_zones_id_fk" FOREIGN KEY ("zone_id") REFERENCES "public"."shipping_zones"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tax_rates" ADD CONSTRAINT "tax_rates_zone_id_tax_zones_id_fk" FOREIGN KEY ("zone_id") REFERENCES "public"."tax_zones"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "orders_customer_key_index" ON "orders" USING btree ("customer_key");--> statement-breakpoint
CREATE INDEX "orders_quote_index" ON "orders" USING btree ("quote_id") WHERE quote_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "tax_zones_place_unique" ON "tax_zones" USING btree ("country",coalesce("region", ''),hash_array_extended("postal_codes", 0));--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_kind_known" CHECK ("shipping_methods"."kind" in ('delivery', 'pickup'));--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_basis_known" CHECK ("shipping_methods"."basis" in ('flat', 'weight', 'subtotal', 'quantity'));--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_days_in_order" CHECK (0 <= "shipping_methods"."min_days" and "shipping_methods"."min_days" <= "shipping_methods"."max_days");--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_handling_not_negative" CHECK ("shipping_methods"."handling_days" >= 0);--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_divisor_positive" CHECK ("shipping_methods"."dimensional_divisor" > 0);--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_free_from_object" CHECK (jsonb_typeof("shipping_methods"."free_from") = 'object');--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_limits_object" CHECK (jsonb_typeof("shipping_methods"."limits") = 'object');--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_excludes_object" CHECK (jsonb_typeof("shipping_methods"."excludes") = 'object');--> statement-breakpoint
ALTER TABLE "shipping_methods" ADD CONSTRAINT "shipping_methods_cutoff_whole" CHECK ("shipping_methods"."cutoff" is null or coalesce("shipping_methods"."cutoff" ->> 'time' ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and "shipping_methods"."cutoff" ->> 'timeZone' <> '', false));--> statement-breakpoint
ALTER TABLE "shipping_prices" ADD CONSTRAINT "shipping_prices_measure_not_negative" CHECK ("shipping_prices"."from_measure" >= 0);--> statement-breakpoint
ALTER TABLE "tax_zones" ADD CONSTRAINT "tax_zones_region_shape" CHECK ("tax_zones"."region" ~ '^[A-Z0-9]{1,3}$');--> statement-breakpoint
ALTER TABLE "tax_zones" ADD CONSTRAINT "tax_zones_rounding_known" CHECK ("tax_zones"."rounding" in ('line', 'order'));--> statement-breakpoint
ALTER TABLE "tax_zones" ADD CONSTRAINT "tax_zones_shipping_tax_known" CHECK (coalesce("tax_zones"."shipping_tax" ->> 'by', '') in ('method', 'class', 'highest', 'proportion') and ("tax_zones"."shipping_tax" ->> 'by' <> 'class' or "tax_zones"."shipping_tax" ->> 'taxClass' is not null));--> statement-breakpoint
ALTER TABLE "variants" ADD CONSTRAINT "variants_size_whole" CHECK (num_nulls("variants"."length_mm", "variants"."width_mm", "variants"."height_mm") in (0, 3));--> statement-breakpoint
ALTER TABLE "variants" ADD CONSTRAINT "variants_size_positive" CHECK (least("variants"."length_mm", "variants"."width_mm", "variants"."height_mm") > 0);--> statement-breakpoint

-- What was set before this migration is known from when it was last written.
INSERT INTO price_history (variant_id, currency, amount_minor, valid_from)
SELECT variant_id, currency, amount_minor, updated_at FROM prices ORDER BY variant_id, currency;
--> statement-breakpoint

-- Keeps what every base price was. By the clock, not by the beginning of the transaction: the row is locked by now, so that
-- of two transactions that set a price the one that is committed last has the later time.
create function record_prices() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into price_history (variant_id, currency, amount_minor, valid_from)
      select c.variant_id, c.currency, c.amount_minor, clock_timestamp() from changed c;
  else
    -- What goes with its variant leaves no history.
    insert into price_history (variant_id, currency, amount_minor, valid_from)
      select c.variant_id, c.currency, null, clock_timestamp() from changed c join variants v on v.id = c.variant_id;
  end if;
  return null;
end
$$;
--> statement-breakpoint
create trigger prices_inserted_recorded after insert on prices
  referencing new table as changed for each statement execute function record_prices();
--> statement-breakpoint
create trigger prices_deleted_recorded after delete on prices
  referencing old table as changed for each statement execute function record_prices();
--> statement-breakpoint

-- Row by row, since most updates of a price leave it as it is, and those cost nothing so.
create function record_changed_price() returns trigger language plpgsql as $$
begin
  if (old.variant_id, old.currency) <> (new.variant_id, new.currency) then
    insert into price_history (variant_id, currency, amount_minor, valid_from)
      values (old.variant_id, old.currency, null, clock_timestamp());
  end if;
  insert into price_history (variant_id, currency, amount_minor, valid_from)
    values (new.variant_id, new.currency, new.amount_minor, clock_timestamp());
  return null;
end
$$;
--> statement-breakpoint
create trigger prices_updated_recorded after update on prices for each row
  when ((old.variant_id, old.currency, old.amount_minor) is distinct from (new.variant_id, new.currency, new.amount_minor))
  execute function record_changed_price();
--> statement-breakpoint

-- By the time that a row is deleted together with its variant, the variant is gone.
create function refuse_change_of_history() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and not exists (select 1 from variants where id = old.variant_id) then return old; end if;
  raise exception '% is append-only', tg_table_name
    using errcode = 'restrict_violation', constraint = tg_table_name || '_append_only';
end
$$;
--> statement-breakpoint
create trigger price_history_append_only before update or delete on price_history
  for each row execute function refuse_change_of_history();
--> statement-breakpoint
create trigger price_history_no_truncate before truncate on price_history
  for each statement execute function refuse_change();
--> statement-breakpoint

-- The same address, the same key: as `node/promotion-uses.ts` makes it.
UPDATE orders SET customer_key = encode(sha256(convert_to(lower(email), 'UTF8')), 'hex');
--> statement-breakpoint

-- A promotion that gets a limit, or comes back under its id, begins with the uses that orders have made of it.
create function begin_promotion_count() returns trigger language plpgsql as $$
begin
  if new.usage_limit is null then
    new.used := 0;
  elsif tg_op = 'INSERT' then
    new.used := greatest(new.used, (
      select count(*) from promotion_uses u where u.promotion_id = new.id and u.status = 'counted'));
  elsif old.usage_limit is null then
    new.used := (select count(*) from promotion_uses u where u.promotion_id = new.id and u.status = 'counted');
  end if;
  return new;
end
$$;
--> statement-breakpoint
create trigger promotions_count before insert or update of usage_limit on promotions
  for each row execute function begin_promotion_count();
--> statement-breakpoint

-- Takes a promotion's row: alone where its uses are limited; else together with other orders, so that they do not wait for
-- each other while whoever sets a limit waits for all of them. Null where there is no such promotion.
create function lock_promotion(p_promotion_id text) returns promotions language plpgsql as $$
declare
  v_promotion promotions;
begin
  loop
    select * into v_promotion from promotions where id = p_promotion_id and usage_limit is not null for update;
    exit when found;
    select * into v_promotion from promotions where id = p_promotion_id and usage_limit is null for share;
    exit when found or not exists (select 1 from promotions where id = p_promotion_id);
  end loop;
  return v_promotion;
end
$$;
--> statement-breakpoint

-- Counts an order's uses of promotions, all or none. Promotions are taken in the order of their ids, each with its
-- customer's count, so that two orders never wait for each other in a circle. What is refused is told as a JSON array of
-- ids in the error's detail: first what is no longer there (`promotions_unchanged`), then what is used up
-- (`promotions_used_within_limit`), then what this customer has used up (`promotion_customers_used_within_limit`).
create function redeem_promotions(p_order_id text, p_customer_key text, p_promotion_ids jsonb)
returns void language plpgsql as $$
declare
  v_id text;
  v_promotion promotions;
  v_used_by_customer integer;
  v_gone jsonb := '[]';
  v_used_up jsonb := '[]';
  v_used_up_by_customer jsonb := '[]';
  v_last_taken boolean := false;
begin
  for v_id in select distinct id from jsonb_array_elements_text(p_promotion_ids) as id order by id loop
    v_promotion := lock_promotion(v_id);
    if v_promotion.id is null then
      v_gone := v_gone || to_jsonb(v_id);
      continue;
    end if;

    if v_promotion.used >= v_promotion.usage_limit then
      v_used_up := v_used_up || to_jsonb(v_id);
      continue;
    elsif v_promotion.usage_limit is not null then
      update promotions set used = used + 1 where id = v_id;
      v_last_taken := v_last_taken or v_promotion.used + 1 = v_promotion.usage_limit;
    end if;

    insert into promotion_uses (order_id, promotion_id, customer_key) values (p_order_id, v_id, p_customer_key);
    insert into promotion_customers as c (promotion_id, customer_key, used) values (v_id, p_customer_key, 1)
      on conflict (promotion_id, customer_key) do update set used = c.used + 1
      returning used into v_used_by_customer;
    if v_used_by_customer > v_promotion.usage_limit_per_customer then
      v_used_up_by_customer := v_used_up_by_customer || to_jsonb(v_id);
    end if;
  end loop;

  if v_gone <> '[]' then
    raise exception 'a promotion is no longer there'
      using errcode = 'check_violation', constraint = 'promotions_unchanged', detail = v_gone::text;
  elsif v_used_up <> '[]' then
    raise exception 'a promotion is used up'
      using errcode = 'check_violation', constraint = 'promotions_used_within_limit', detail = v_used_up::text;
  elsif v_used_up_by_customer <> '[]' then
    raise exception 'a customer has used a promotion up'
      using errcode = 'check_violation', constraint = 'promotion_customers_used_within_limit',
        detail = v_used_up_by_customer::text;
  end if;
  if v_last_taken then
    insert into outbox (topic, aggregate_id, payload) values ('rules.changed', 'rules', '{}');
  end if;
end
$$;
--> statement-breakpoint

-- Gives back an order's uses of promotions. Once: a second call finds nothing to give.
create function release_promotions(p_order_id text) returns void language plpgsql as $$
declare
  v_use record;
  v_promotion promotions;
  v_came_free boolean := false;
begin
  for v_use in
    select promotion_id, customer_key from promotion_uses
    where order_id = p_order_id and status = 'counted'
    order by promotion_id
  loop
    v_promotion := lock_promotion(v_use.promotion_id);
    update promotion_uses set status = 'released', updated_at = now()
      where order_id = p_order_id and promotion_id = v_use.promotion_id and status = 'counted';
    continue when not found;
    update promotion_customers set used = used - 1
      where promotion_id = v_use.promotion_id and customer_key = v_use.customer_key;
    if v_promotion.usage_limit is not null then
      update promotions set used = used - 1 where id = v_use.promotion_id;
      v_came_free := v_came_free or v_promotion.used = v_promotion.usage_limit;
    end if;
  end loop;
  if v_came_free then
    insert into outbox (topic, aggregate_id, payload) values ('rules.changed', 'rules', '{}');
  end if;
end
$$;
--> statement-breakpoint

-- At the commit a line's adjustments sum to its discount.
create function require_adjustments_add_up() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from order_lines l
    where l.id in (new.line_id, old.line_id) and -l.discount_minor <> (
      select coalesce(sum(a.amount_minor), 0) from order_adjustments a where a.line_id = l.id)
  ) then
    raise exception 'the adjustments of a line do not sum to its discount'
      using errcode = 'check_violation', constraint = 'order_adjustments_add_up';
  end if;
  return null;
end
$$;
--> statement-breakpoint
create constraint trigger order_adjustments_add_up after insert or update or delete on order_adjustments
  deferrable initially deferred for each row execute function require_adjustments_add_up();
--> statement-breakpoint

-- At the commit an order's tax lines, where it has some, sum to its tax.
create function require_tax_lines_add_up() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from order_tax_lines t join orders o on o.id = t.order_id
    where o.id in (new.order_id, old.order_id)
    group by o.id having sum(t.amount_minor) <> o.tax_minor
  ) then
    raise exception 'the tax lines of an order do not sum to its tax'
      using errcode = 'check_violation', constraint = 'order_tax_lines_add_up';
  end if;
  return null;
end
$$;
--> statement-breakpoint
create constraint trigger order_tax_lines_add_up after insert or update or delete on order_tax_lines
  deferrable initially deferred for each row execute function require_tax_lines_add_up();
--> statement-breakpoint

-- At the commit all zones of a country agree on whether displayed prices contain tax. The lock is held until the commit is
-- done, so that whoever checks next sees what this one wrote.
create function require_one_display() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('tax_zones_one_display'));
  if exists (
    select 1 from tax_zones z where z.country = new.country
    group by z.country having count(distinct z.prices_include_tax) > 1
  ) then
    raise exception 'the tax zones of % differ in whether prices contain tax', new.country
      using errcode = 'check_violation', constraint = 'tax_zones_one_display';
  end if;
  return null;
end
$$;
--> statement-breakpoint
create constraint trigger tax_zones_one_display after insert or update on tax_zones
  deferrable initially deferred for each row execute function require_one_display();
