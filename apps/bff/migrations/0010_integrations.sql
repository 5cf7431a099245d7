CREATE TABLE "integrations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"canonical_name" text NOT NULL,
	"type" text NOT NULL,
	"description" text,
	"is_disabled" boolean NOT NULL,
	"fields" jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"updated_at" timestamp (3) with time zone,
	"updated_by" text,
	CONSTRAINT "integrations_canonicalName_unique" UNIQUE("canonical_name")
);
--> statement-breakpoint
CREATE TABLE "secret_references" (
	"secret_name" text NOT NULL,
	"integration_id" uuid NOT NULL,
	"integration_name" text NOT NULL,
	"canonical_name" text NOT NULL,
	"fields" text[] NOT NULL,
	"target" text NOT NULL,
	"serial" bigint GENERATED ALWAYS AS IDENTITY (sequence name "secret_references_serial_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	CONSTRAINT "secret_references_integration_id_secret_name_pk" PRIMARY KEY("integration_id","secret_name")
);
--> statement-breakpoint
CREATE INDEX "integrations_by_created_at" ON "integrations" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "integrations_by_updated_at" ON "integrations" USING btree (coalesce("updated_at", '-infinity'),"id");--> statement-breakpoint
CREATE INDEX "integrations_name_search" ON "integrations" USING gin ("canonical_name" gin_trgm_ops) WITH (gin_pending_list_limit=64);--> statement-breakpoint
CREATE INDEX "integrations_description_search" ON "integrations" USING gin ("description" gin_trgm_ops) WITH (gin_pending_list_limit=64);--> statement-breakpoint
CREATE INDEX "secret_references_by_name" ON "secret_references" USING btree ("secret_name","canonical_name");--> statement-breakpoint
CREATE INDEX "secret_references_serial" ON "secret_references" USING btree ("secret_name","serial");