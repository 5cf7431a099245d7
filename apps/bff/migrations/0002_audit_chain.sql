CREATE TABLE "audit_chain" (
	"id" smallint PRIMARY KEY NOT NULL,
	"last_id" bigint NOT NULL,
	"last_mac" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "named_keys" (
	"name" text PRIMARY KEY NOT NULL,
	"kek_id" text NOT NULL,
	"sealed_key" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "audit_events" ALTER COLUMN "id" DROP IDENTITY;--> statement-breakpoint
ALTER TABLE "audit_events" ALTER COLUMN "at" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "audit_events" ADD COLUMN "means" text;--> statement-breakpoint
-- Events of a version without the chain are numbered anew without gaps, and get their MAC at the start (audit.store.ts).
ALTER TABLE "audit_events" ADD COLUMN "mac" "bytea" NOT NULL DEFAULT '';--> statement-breakpoint
ALTER TABLE "audit_events" ALTER COLUMN "mac" DROP DEFAULT;--> statement-breakpoint
UPDATE "audit_events" SET "id" = -"numbered"."n" FROM (SELECT "id", row_number() OVER (ORDER BY "id") AS "n" FROM "audit_events") AS "numbered" WHERE "audit_events"."id" = "numbered"."id";--> statement-breakpoint
UPDATE "audit_events" SET "id" = -"id";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "means" text DEFAULT 'password' NOT NULL;--> statement-breakpoint
-- Ends the one statement of a group of changes when not all of them came to something, and tells which did (audit.store.ts).
CREATE FUNCTION refuse_group(came_to_something text[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'not all of the group' USING ERRCODE = 'DS001', DETAIL = array_to_string(came_to_something, ','); END $$;
