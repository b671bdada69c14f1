CREATE TABLE "account_addresses" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"address" jsonb NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "account_devices" (
	"account_id" text NOT NULL,
	"device_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "account_devices_account_id_device_hash_pk" PRIMARY KEY("account_id","device_hash")
);
--> statement-breakpoint
CREATE TABLE "account_links" (
	"id" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"account_id" text,
	"email" text NOT NULL,
	"registration" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "account_links_purpose_known" CHECK ("account_links"."purpose" in ('registration', 'password_reset', 'email_change')),
	CONSTRAINT "account_links_registration_or_account" CHECK (("account_links"."purpose" = 'registration') = ("account_links"."account_id" is null)
        and ("account_links"."purpose" = 'registration') = ("account_links"."registration" is not null))
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"password_hash" text,
	"session_epoch" integer DEFAULT 0 NOT NULL,
	"customer_group_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "accounts_email_form" CHECK ("accounts"."email" ~ '^[^@[:space:]]+@[^@[:space:]]+$' and length("accounts"."email") <= 254),
	CONSTRAINT "accounts_password_is_argon2id" CHECK ("accounts"."password_hash" like '$argon2id$%'),
	CONSTRAINT "accounts_epoch_not_negative" CHECK ("accounts"."session_epoch" >= 0)
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"start" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" text[] DEFAULT '{}'::text[] NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_hash_unique" UNIQUE("hash"),
	CONSTRAINT "api_keys_scopes_known" CHECK ("api_keys"."scopes" <@ array['catalog:read', 'catalog:write', 'prices:read', 'prices:write', 'orders:read', 'orders:write', 'customers:read', 'customers:write', 'content:read', 'content:write', 'settings:read', 'settings:write']),
	CONSTRAINT "api_keys_kind_known" CHECK ("api_keys"."kind" in ('public', 'secret')),
	CONSTRAINT "api_keys_public_has_no_scopes" CHECK ("api_keys"."kind" = 'secret' or cardinality("api_keys"."scopes") = 0)
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"subject_id" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"request_id" text,
	CONSTRAINT "audit_log_actor_kind_known" CHECK ("audit_log"."actor_kind" in ('staff', 'api_key', 'command', 'system')),
	CONSTRAINT "audit_log_actor_named" CHECK (("audit_log"."actor_id" is null) = ("audit_log"."actor_kind" in ('command', 'system')))
);
--> statement-breakpoint
CREATE TABLE "login_failures" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"blocked_until" timestamp with time zone NOT NULL,
	CONSTRAINT "login_failures_count_positive" CHECK ("login_failures"."count" > 0)
);
--> statement-breakpoint
CREATE TABLE "oauth_identities" (
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"account_id" text NOT NULL,
	"email" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "oauth_identities_issuer_subject_pk" PRIMARY KEY("issuer","subject")
);
--> statement-breakpoint
CREATE TABLE "passkeys" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"public_key" text NOT NULL,
	"counter" bigint NOT NULL,
	"transports" text[] DEFAULT '{}'::text[] NOT NULL,
	"is_backed_up" boolean NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "passkeys_counter_not_negative" CHECK ("passkeys"."counter" >= 0)
);
--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"hash" text PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"generation" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"replaced_at" timestamp with time zone,
	CONSTRAINT "refresh_tokens_one_per_generation" UNIQUE("session_id","generation")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"epoch" integer NOT NULL,
	"amr" text[] DEFAULT '{}'::text[] NOT NULL,
	"authenticated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"user_agent" text DEFAULT '' NOT NULL,
	"place" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"end_reason" text,
	CONSTRAINT "sessions_end_has_reason" CHECK (("sessions"."ended_at" is null) = ("sessions"."end_reason" is null)),
	CONSTRAINT "sessions_end_reason_known" CHECK ("sessions"."end_reason" in ('logout', 'everywhere', 'revoked', 'reuse', 'password', 'email', 'staff'))
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"private_key_sealed" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"signs_from" timestamp with time zone DEFAULT now() NOT NULL,
	"signs_until" timestamp with time zone,
	"published_until" timestamp with time zone,
	CONSTRAINT "signing_keys_public_half_only" CHECK (jsonb_typeof("signing_keys"."public_jwk" -> 'x') = 'string' and not "signing_keys"."public_jwk" ? 'd')
);
--> statement-breakpoint
CREATE TABLE "staff_invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"role_id" text NOT NULL,
	"invited_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"accepted_at" timestamp with time zone,
	"withdrawn_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "staff_members" (
	"account_id" text PRIMARY KEY NOT NULL,
	"role_id" text NOT NULL,
	"totp_secret_sealed" text,
	"totp_confirmed_at" timestamp with time zone,
	"totp_last_step" bigint,
	"recovery_code_hashes" text[] DEFAULT '{}'::text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"disabled_at" timestamp with time zone,
	CONSTRAINT "staff_members_confirmed_has_secret" CHECK ("staff_members"."totp_confirmed_at" is null or "staff_members"."totp_secret_sealed" is not null)
);
--> statement-breakpoint
CREATE TABLE "staff_roles" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"permissions" text[] DEFAULT '{}'::text[] NOT NULL,
	CONSTRAINT "staff_roles_permissions_known" CHECK ("staff_roles"."permissions" <@ array['catalog:read', 'catalog:write', 'prices:read', 'prices:write', 'orders:read', 'orders:write', 'customers:read', 'customers:write', 'content:read', 'content:write', 'settings:read', 'settings:write'])
);
--> statement-breakpoint
CREATE TABLE "webauthn_challenges" (
	"challenge" text PRIMARY KEY NOT NULL,
	"account_id" text,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
-- Nothing ever wrote to it.
ALTER TABLE "orders" DROP COLUMN "customer_id";--> statement-breakpoint
DROP TABLE "customers";--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "account_id" text;--> statement-breakpoint
ALTER TABLE "account_addresses" ADD CONSTRAINT "account_addresses_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_devices" ADD CONSTRAINT "account_devices_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_links" ADD CONSTRAINT "account_links_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_customer_group_id_customer_groups_id_fk" FOREIGN KEY ("customer_group_id") REFERENCES "public"."customer_groups"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_created_by_accounts_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oauth_identities" ADD CONSTRAINT "oauth_identities_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_invitations" ADD CONSTRAINT "staff_invitations_role_id_staff_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."staff_roles"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_invitations" ADD CONSTRAINT "staff_invitations_invited_by_accounts_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_members" ADD CONSTRAINT "staff_members_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_members" ADD CONSTRAINT "staff_members_role_id_staff_roles_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."staff_roles"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webauthn_challenges" ADD CONSTRAINT "webauthn_challenges_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "account_addresses_account_index" ON "account_addresses" USING btree ("account_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "account_addresses_one_default" ON "account_addresses" USING btree ("account_id") WHERE is_default;--> statement-breakpoint
CREATE INDEX "account_links_expiry_index" ON "account_links" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "accounts_email_unique" ON "accounts" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "audit_log_subject_index" ON "audit_log" USING btree ("subject_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_actor_index" ON "audit_log" USING btree ("actor_id","id");--> statement-breakpoint
CREATE INDEX "login_failures_last_index" ON "login_failures" USING btree ("last_at");--> statement-breakpoint
CREATE INDEX "oauth_identities_account_index" ON "oauth_identities" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "passkeys_account_index" ON "passkeys" USING btree ("account_id");--> statement-breakpoint
CREATE UNIQUE INDEX "refresh_tokens_one_current" ON "refresh_tokens" USING btree ("session_id") WHERE replaced_at is null;--> statement-breakpoint
CREATE INDEX "sessions_account_index" ON "sessions" USING btree ("account_id","created_at");--> statement-breakpoint
CREATE INDEX "sessions_expiry_index" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "staff_invitations_one_open" ON "staff_invitations" USING btree (lower("email")) WHERE accepted_at is null and withdrawn_at is null;--> statement-breakpoint
CREATE INDEX "webauthn_challenges_expiry_index" ON "webauthn_challenges" USING btree ("expires_at");--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "orders_account_index" ON "orders" USING btree ("account_id","number");--> statement-breakpoint
-- A guest's orders, which a verified address takes over.
CREATE INDEX "orders_guest_email_index" ON "orders" (lower("email")) WHERE "account_id" is null;--> statement-breakpoint
INSERT INTO "staff_roles" ("id", "title", "permissions") VALUES
  ('owner', 'Owner', array['catalog:read', 'catalog:write', 'prices:read', 'prices:write', 'orders:read', 'orders:write',
    'customers:read', 'customers:write', 'content:read', 'content:write', 'settings:read', 'settings:write']),
  ('manager', 'Manager', array['catalog:read', 'catalog:write', 'prices:read', 'prices:write', 'orders:read', 'orders:write',
    'customers:read', 'customers:write', 'content:read', 'content:write', 'settings:read']),
  ('support', 'Support', array['catalog:read', 'prices:read', 'orders:read', 'orders:write', 'customers:read']),
  ('editor', 'Editor', array['catalog:read', 'catalog:write', 'content:read', 'content:write']);--> statement-breakpoint
-- Trades a refresh token for its successor, which follows from it, so that it is known before it is asked for. The
-- session's row is locked, so that of any number at once one makes the successor and the others are answered the same.
-- Outcomes: `rotated`, `repeated` (again within the grace), `reused` (later: the session is ended), `ended`, `unknown`.
CREATE FUNCTION rotate_refresh_token(p_hash text, p_successor_hash text, p_grace interval, p_idle interval)
  RETURNS TABLE (outcome text, session_id text) LANGUAGE plpgsql AS $$
declare
  v_token refresh_tokens;
  v_session sessions;
begin
  select s.* into v_session from sessions s join refresh_tokens t on t.session_id = s.id where t.hash = p_hash
    for update of s;
  if not found then
    return query select 'unknown', null::text;
    return;
  end if;
  -- As it is now that the lock is ours.
  select t.* into v_token from refresh_tokens t where t.hash = p_hash;
  select s.* into v_session from sessions s where s.id = v_session.id;
  if v_session.ended_at is not null or v_session.expires_at <= now() then
    return query select 'ended', v_session.id;
  elsif v_token.replaced_at is null then
    update refresh_tokens set replaced_at = clock_timestamp() where hash = p_hash;
    insert into refresh_tokens (hash, session_id, generation)
      values (p_successor_hash, v_session.id, v_token.generation + 1);
    update sessions
      set last_seen_at = now(), expires_at = least(now() + p_idle, created_at + interval '1 year')
      where id = v_session.id;
    return query select 'rotated', v_session.id;
  elsif v_token.replaced_at > clock_timestamp() - p_grace then
    return query select 'repeated', v_session.id;
  else
    update sessions set ended_at = now(), end_reason = 'reuse' where id = v_session.id;
    return query select 'reused', v_session.id;
  end if;
end $$;--> statement-breakpoint
-- Somebody must be able to let others in: where there was an owner, there is one. Two who step down at once wait for each
-- other by the lock.
CREATE FUNCTION require_one_owner() RETURNS trigger LANGUAGE plpgsql AS $$
begin
  perform pg_advisory_xact_lock(hashtext('staff_members_one_owner'));
  if not exists (select 1 from staff_members where role_id = 'owner' and disabled_at is null) then
    raise exception 'The shop would be left without an owner.'
      using errcode = 'check_violation', constraint = 'staff_members_one_owner';
  end if;
  return null;
end $$;--> statement-breakpoint
CREATE CONSTRAINT TRIGGER staff_members_one_owner AFTER UPDATE OR DELETE ON staff_members
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (old.role_id = 'owner' AND old.disabled_at IS NULL) EXECUTE FUNCTION require_one_owner();--> statement-breakpoint
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
begin
  raise exception 'The audit log is written once.' using errcode = 'check_violation', constraint = 'audit_log_append_only';
end $$;--> statement-breakpoint
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
