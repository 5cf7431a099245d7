CREATE TABLE "passkeys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"credential_id" "bytea" NOT NULL,
	"user_id" uuid NOT NULL,
	"public_key" "bytea" NOT NULL,
	"counter" bigint NOT NULL,
	"name" text NOT NULL,
	"transports" text[] NOT NULL,
	"is_backed_up" boolean NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	CONSTRAINT "passkeys_credentialId_unique" UNIQUE("credential_id")
);
--> statement-breakpoint
ALTER TABLE "team_members" DROP CONSTRAINT "team_members_user_id_users_id_fk";
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_id_and_name" UNIQUE("id","canonical_name");--> statement-breakpoint
ALTER TABLE "team_members" ADD COLUMN "canonical_name" text;--> statement-breakpoint
UPDATE "team_members" SET "canonical_name" = "users"."canonical_name" FROM "users" WHERE "users"."id" = "team_members"."user_id";--> statement-breakpoint
ALTER TABLE "team_members" ALTER COLUMN "canonical_name" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "passkeys_user_id_index" ON "passkeys" USING btree ("user_id");--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_user" FOREIGN KEY ("user_id","canonical_name") REFERENCES "public"."users"("id","canonical_name") ON DELETE cascade ON UPDATE cascade;--> statement-breakpoint
CREATE INDEX "team_members_by_name" ON "team_members" USING btree ("team_id","canonical_name");