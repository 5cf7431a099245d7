CREATE TABLE "secret_uses" (
	"secret_id" uuid NOT NULL,
	"integration_id" uuid NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"uses" integer NOT NULL,
	"failures" integer NOT NULL,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "secret_uses_secret_id_integration_id_hour_pk" PRIMARY KEY("secret_id","integration_id","hour")
);
--> statement-breakpoint
CREATE INDEX "secret_uses_by_hour" ON "secret_uses" USING btree ("hour");