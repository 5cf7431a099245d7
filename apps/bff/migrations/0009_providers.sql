DROP INDEX "secrets_name";--> statement-breakpoint
ALTER TABLE "secrets" ALTER COLUMN "kek_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "secrets" ALTER COLUMN "wrapped_dek" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "secrets" ALTER COLUMN "sealed_value" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "standing" text DEFAULT 'used' NOT NULL;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "standing_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "state" text DEFAULT 'ready' NOT NULL;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "revision" text;--> statement-breakpoint
ALTER TABLE "secrets" ADD COLUMN "destinations_mac" "bytea";--> statement-breakpoint
CREATE UNIQUE INDEX "secrets_outside_name" ON "secrets" USING btree ("provider","name") WHERE provider <> 'database' and standing <> 'gone';--> statement-breakpoint
CREATE INDEX "secrets_not_used" ON "secrets" USING btree ("name","provider") WHERE standing <> 'used';--> statement-breakpoint
CREATE INDEX "secrets_outside_by_name" ON "secrets" USING btree ("provider",lower("name"),"name") WHERE provider <> 'database';--> statement-breakpoint
CREATE INDEX "secrets_outside_by_created_at" ON "secrets" USING btree ("provider","created_at","name") WHERE provider <> 'database';--> statement-breakpoint
CREATE INDEX "secrets_outside_by_updated_at" ON "secrets" USING btree ("provider",coalesce("updated_at", '-infinity'),"name") WHERE provider <> 'database';--> statement-breakpoint
CREATE INDEX "secrets_outside_by_last_used_at" ON "secrets" USING btree ("provider",coalesce("last_used_at", '-infinity'),"name") WHERE provider <> 'database';--> statement-breakpoint
CREATE UNIQUE INDEX "secrets_name" ON "secrets" USING btree ("name") WHERE standing = 'used';