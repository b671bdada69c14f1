-- One use for each customer is what a first order has always meant.
UPDATE "promotions" SET "usage_limit_per_customer" = 1
  WHERE "conditions" @> '[{"kind": "first_order"}]' AND "usage_limit_per_customer" IS DISTINCT FROM 1;--> statement-breakpoint
ALTER TABLE "currency_conversions" ADD CONSTRAINT "currency_conversions_increment_positive" CHECK (("currency_conversions"."rounding" ->> 'incrementMinor')::numeric >= 1);--> statement-breakpoint
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_first_order_once" CHECK (not "promotions"."conditions" @> '[{"kind": "first_order"}]' or coalesce("promotions"."usage_limit_per_customer" = 1, false));--> statement-breakpoint
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_percent_in_range" CHECK (coalesce(("promotions"."effect" ->> 'percentBps')::numeric between 0 and 10000, true));--> statement-breakpoint
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_gift_in_no_group" CHECK ("promotions"."group_id" is null or "promotions"."effect" ->> 'kind' <> 'gift');
