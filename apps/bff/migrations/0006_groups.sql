CREATE TABLE "oidc_groups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"group_name" text NOT NULL,
	"team_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "oidc_groups_once" UNIQUE("provider","group_name","team_id")
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "team_id" uuid;--> statement-breakpoint
ALTER TABLE "team_members" ADD COLUMN "provider" text;--> statement-breakpoint
ALTER TABLE "team_members" ADD COLUMN "mappings" uuid[];--> statement-breakpoint
ALTER TABLE "oidc_groups" ADD CONSTRAINT "oidc_groups_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "oidc_groups_by_team" ON "oidc_groups" USING btree ("team_id");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_by_team" ON "api_keys" USING btree ("team_id");