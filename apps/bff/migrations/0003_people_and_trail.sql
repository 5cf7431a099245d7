CREATE TABLE "audit_anchor" (
	"id" smallint PRIMARY KEY NOT NULL,
	"last_id" bigint NOT NULL,
	"last_mac" "bytea" NOT NULL,
	"seal" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"ends_with" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "address" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "agent" text;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_name" ON "api_keys" USING btree (lower("name"));--> statement-breakpoint
CREATE INDEX "audit_events_principal_id" ON "audit_events" USING btree ("principal_id",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_principal_name" ON "audit_events" USING btree ("principal_name",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_action" ON "audit_events" USING btree ("action",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_subject" ON "audit_events" USING btree ("subject",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_at" ON "audit_events" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "sessions_by_created_at" ON "sessions" USING btree ("created_at","id");