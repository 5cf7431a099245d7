ALTER TABLE "teams" ADD COLUMN "skeleton" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "skeleton" text;--> statement-breakpoint
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