CREATE TABLE "audit_anchor" (
	"id" smallint PRIMARY KEY NOT NULL,
	"last_id" bigint NOT NULL,
	"last_mac" "bytea" NOT NULL,
	"seal" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_events_principal_id" ON "audit_events" USING btree ("principal_id",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_principal_name" ON "audit_events" USING btree ("principal_name",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_action" ON "audit_events" USING btree ("action",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_subject" ON "audit_events" USING btree ("subject",(-"id"));--> statement-breakpoint
CREATE INDEX "audit_events_at" ON "audit_events" USING btree ("at","id");