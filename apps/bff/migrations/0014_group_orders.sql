CREATE INDEX "oidc_groups_by_name" ON "oidc_groups" USING btree ("group_name","id");--> statement-breakpoint
CREATE INDEX "oidc_groups_by_created_at" ON "oidc_groups" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "oidc_groups_name_search" ON "oidc_groups" USING gin ("group_name" gin_trgm_ops);