DROP INDEX "api_keys_name";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "canonical_name" text;--> statement-breakpoint
UPDATE "api_keys" SET "canonical_name" = "named"."canonical" || CASE WHEN "named"."nth" = 1 THEN '' ELSE ' ' || "named"."id" END
	FROM (
		SELECT "id", "canonical", row_number() OVER (PARTITION BY "canonical" ORDER BY "created_at", "id") AS "nth"
		FROM (SELECT "id", "created_at", normalize(lower(btrim(normalize("name", NFKC))), NFKC) AS "canonical" FROM "api_keys") AS "spelled"
	) AS "named"
	WHERE "named"."id" = "api_keys"."id";--> statement-breakpoint
ALTER TABLE "api_keys" ALTER COLUMN "canonical_name" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "revoked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_name" ON "api_keys" USING btree ("canonical_name") WHERE "api_keys"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "api_keys_by_created_at" ON "api_keys" USING btree ("created_at","id") WHERE "api_keys"."revoked_at" is null;