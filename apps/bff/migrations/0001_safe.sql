CREATE TABLE "audit_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	"principal_kind" text NOT NULL,
	"principal_id" uuid,
	"principal_name" text,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"fields" text[],
	"permissions" text[],
	"address" text,
	"request_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_attempts" (
	"key_hash" "bytea" PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"last_failure_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "sessions_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"canonical_name" text NOT NULL,
	"password_hash" text NOT NULL,
	"is_disabled" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_canonicalName_unique" UNIQUE("canonical_name")
);
--> statement-breakpoint
CREATE TABLE "keks" (
	"id" text PRIMARY KEY NOT NULL,
	"check_value" "bytea" NOT NULL,
	"reserved_wraps" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"principal_id" uuid NOT NULL,
	"permission" text NOT NULL,
	CONSTRAINT "grants_principal_id_permission_pk" PRIMARY KEY("principal_id","permission")
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"provider" text NOT NULL,
	"version" integer NOT NULL,
	"destinations" text[] NOT NULL,
	"value_version" integer NOT NULL,
	"kek_id" text NOT NULL,
	"wrapped_dek" "bytea" NOT NULL,
	"sealed_value" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"created_by" text NOT NULL,
	"updated_at" timestamp (3) with time zone,
	"updated_by" text,
	"value_updated_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_user_id_index" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "secrets_name" ON "secrets" USING btree ("name");--> statement-breakpoint
CREATE INDEX "secrets_by_name" ON "secrets" USING btree (lower("name"),"name");--> statement-breakpoint
CREATE INDEX "secrets_by_created_at" ON "secrets" USING btree ("created_at","name");--> statement-breakpoint
CREATE INDEX "secrets_by_updated_at" ON "secrets" USING btree (coalesce("updated_at", '-infinity'),"name");--> statement-breakpoint
CREATE INDEX "secrets_by_last_used_at" ON "secrets" USING btree (coalesce("last_used_at", '-infinity'),"name");--> statement-breakpoint
CREATE INDEX "secrets_name_search" ON "secrets" USING gin ("name" gin_trgm_ops) WITH (gin_pending_list_limit=64);--> statement-breakpoint
CREATE INDEX "secrets_description_search" ON "secrets" USING gin ("description" gin_trgm_ops) WITH (gin_pending_list_limit=64);