ALTER TABLE "teams" ADD COLUMN "skeleton" text;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "is_disabled" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "skeleton" text;--> statement-breakpoint
CREATE INDEX "oidc_groups_by_name" ON "oidc_groups" USING btree ("group_name","id");--> statement-breakpoint
CREATE INDEX "oidc_groups_by_created_at" ON "oidc_groups" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "oidc_groups_name_search" ON "oidc_groups" USING gin ("group_name" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "sessions_by_expires_at" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sessions_by_provider_sid" ON "sessions" USING btree ("provider_sid") WHERE "sessions"."provider_sid" is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_provider_subject" ON "sessions" USING btree ("provider_subject") WHERE "sessions"."provider_subject" is not null;--> statement-breakpoint
-- Names that look the same: the oldest has the skeleton, and the others go on without (name-skeleton.ts of the contract).
UPDATE "teams" SET "skeleton" = "looks"."look" FROM (
	SELECT DISTINCT ON ("look") "id", "look" FROM (
		SELECT "id", "created_at", CASE WHEN octet_length("latin") = char_length("latin") THEN lower("latin") ELSE "canonical_name" END AS "look"
		FROM (SELECT *, translate("name", 'АВЕЅІЈКМНОРСТУХѴҮԌԜӀаеорсухѕіјьгһҽѵүԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινορσυՍՏՕագզհոռսցքօ', 'ABESIJKMHOPCTYXVYGWlaeopcyxsijbrhevydqwiABEZHIKMNOPTYXayivopouUSOwqqhnnugfo') AS "latin" FROM "teams") AS "named"
	) AS "looking" ORDER BY "look", "created_at", "id"
) AS "looks" WHERE "looks"."id" = "teams"."id";--> statement-breakpoint
-- Names that look the same: the oldest has the skeleton, and the others go on without (name-skeleton.ts of the contract).
UPDATE "users" SET "skeleton" = "looks"."look" FROM (
	SELECT DISTINCT ON ("look") "id", "look" FROM (
		SELECT "id", "created_at", CASE WHEN octet_length("latin") = char_length("latin") THEN lower("latin") ELSE "canonical_name" END AS "look"
		FROM (SELECT *, translate("name", 'АВЕЅІЈКМНОРСТУХѴҮԌԜӀаеорсухѕіјьгһҽѵүԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινορσυՍՏՕագզհոռսցքօ', 'ABESIJKMHOPCTYXVYGWlaeopcyxsijbrhevydqwiABEZHIKMNOPTYXayivopouUSOwqqhnnugfo') AS "latin" FROM "users") AS "named"
	) AS "looking" ORDER BY "look", "created_at", "id"
) AS "looks" WHERE "looks"."id" = "users"."id";--> statement-breakpoint
ALTER TABLE "teams" ADD CONSTRAINT "teams_skeleton_unique" UNIQUE("skeleton");--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_skeleton_unique" UNIQUE("skeleton");