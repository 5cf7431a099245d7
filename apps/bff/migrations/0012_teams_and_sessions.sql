ALTER TABLE "teams" ADD COLUMN "is_disabled" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "sessions_by_expires_at" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sessions_by_provider_sid" ON "sessions" USING btree ("provider_sid") WHERE "sessions"."provider_sid" is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_provider_subject" ON "sessions" USING btree ("provider_subject") WHERE "sessions"."provider_subject" is not null;